import { randomBytes } from 'node:crypto';

import { ProvisionError } from '../../errors.ts';
import type { Facts } from '../../facts/facts.ts';
import { linesOf, NamedLines } from '../../facts/sections.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { Talk, Work } from '../../rollout/fleet.ts';
import { look, type Planner } from '../../rollout/planner.ts';
import { quote } from '../../shell.ts';
import { comeBack } from '../come-back.ts';
import type { DumpsAnswer } from '../dumps/dump.ts';
import { lookAtDumps } from '../dumps/look.ts';
import { dumpsScript } from '../dumps/script.ts';
import { gaveUp } from './gave-up.ts';
import { hungTaskSeconds, refusalOf, type CrashMode } from './mode.ts';
import { prove, type Evidence } from './proof.ts';

export interface CrashTestMeans {
  readonly planner: Omit<Planner, 'plan'>;
  readonly templates: Readonly<Record<string, string>>;
  readonly mode: CrashMode;
  /** For the capture and the boot after it, from the crash on. */
  readonly budgetMs: number;
}

const SCRIPT_MS = 60_000;
/** A second until the job begins, and a sync. */
const HEAD_START_MS = 5000;
/** A sync of slow disks comes before the crash. */
const DOWN_WITHIN_MS = 120_000;
/** khungtaskd flags a task at the second look that sees it unmoved, and may have looked just before it was blocked. */
const HANG_LOOKS = 3;
const HANG_SLACK_S = 15;

/**
 * Crashes one guest on purpose, waits until it is back, and proves that the crash was captured. What it answers is the
 * guest's outcome; a capture that failed is a failure of the guest.
 * @throws ProvisionError E_CAPTURE with the reason, E_UNREACHABLE when it does not come back, E_INTERRUPTED
 */
export function crashTest(means: CrashTestMeans): Work {
  return async (conversation, talk) => {
    const facts = await look(means.planner, conversation, talk);
    const refusal = refusalOf(facts, means.mode);
    if (refusal !== null) return { outcome: 'refused', changes: 0, reason: refusal };
    const before = await readDumps(conversation, means);
    if (before.remote !== null) {
      const reason = `its dumps go to ${before.remote}: only what is saved on the guest itself can be proven`;
      return { outcome: 'refused', changes: 0, reason };
    }
    const hangSeconds = means.mode === 'hang' ? hungTaskSeconds(facts) * HANG_LOOKS + HANG_SLACK_S : 0;
    const tag = randomBytes(6).toString('hex');
    const triggeredAt = await trigger(conversation, means, tag, hangSeconds);
    const guest = conversation.guest.name;
    talk.emit({ kind: 'guest.crash', guest, phase: 'triggered', ms: 0 });
    await waitForIt(conversation, talk, facts, means, hangSeconds);
    return judge(conversation, talk, means, { before, facts, tag, triggeredAt });
  };
}

async function trigger(
  conversation: Conversation,
  { templates }: CrashTestMeans,
  tag: string,
  hangSeconds: number,
): Promise<number> {
  const hang = hangSeconds === 0 ? '' : String(hangSeconds);
  const script = `TAG=${quote(tag)}\nHANG_SECONDS=${quote(hang)}\n${templates['crash-test.sh'] ?? ''}`;
  const { sections } = await conversation.runScript(script, { timeoutMs: SCRIPT_MS });
  const [answer = ''] = linesOf(sections, 'trigger');
  if (answer !== 'started') {
    const why = answer.replace(/^refused /, '') || 'the guest did not say why';
    throw new ProvisionError('E_CAPTURE', `not crashed: ${why}`, { where: { guest: conversation.guest.name } });
  }
  return Number(new NamedLines(linesOf(sections, 'before')).get('now'));
}

async function waitForIt(
  conversation: Conversation,
  talk: Talk,
  { bootId, machineId }: Facts,
  { templates, budgetMs, mode }: CrashTestMeans,
  hangSeconds: number,
): Promise<void> {
  const guest = conversation.guest.name;
  await comeBack({
    conversation,
    asked: { bootId, machineId, mismatch: () => null },
    template: templates['boot.sh'] ?? '',
    timeoutMs: budgetMs + hangSeconds * 1000,
    downWithinMs: DOWN_WITHIN_MS + hangSeconds * 1000,
    headStartMs: mode === 'hang' ? 0 : HEAD_START_MS,
    stopping: talk.stopping,
    interrupted: `stopped waiting: ${guest} has been crashed and comes back by itself`,
    gaveUp: (last, ms) => gaveUp(guest, mode, last, ms),
    phase: (phase, ms) => {
      talk.emit({ kind: 'guest.crash', guest, phase, ms });
    },
  });
}

interface Before {
  readonly before: DumpsAnswer;
  readonly facts: Facts;
  readonly tag: string;
  readonly triggeredAt: number;
}

async function judge(
  conversation: Conversation,
  talk: Talk,
  means: CrashTestMeans,
  { before, facts, tag, triggeredAt }: Before,
): ReturnType<Work> {
  const guest = conversation.guest.name;
  const after = await readDumps(conversation, means);
  const evidence = {
    mode: means.mode,
    tag,
    coredir: after.coredir,
    before: before.dumps,
    after: after.dumps,
    triggeredAt,
  };
  const newest = after.dumps.find(({ name }) => !before.dumps.some((dump) => dump.name === name));
  const end = await readEnd(conversation, means, newest?.name ?? '', triggeredAt);
  const proof = prove({
    ...evidence,
    ...end,
    freeKiB: after.freeKiB,
    bootIds: { before: facts.bootId, after: end.bootId },
  });
  const captureLog = proof.failure === null ? [] : end.captureLog;
  talk.emit({ kind: 'guest.crash-test', guest, tag, mode: means.mode, ...proof, captureLog });
  if (proof.failure === null) return { outcome: 'captured', changes: 0 };
  throw new ProvisionError('E_CAPTURE', `the crash was not captured: ${proof.failure}`, {
    hint:
      captureLog.length > 0
        ? `what the capture kernel said is above, and kept in ${after.coredir} on the guest`
        : 'the console of the virtual machine shows what the capture kernel did; see docs/crash-test.md',
    where: { guest },
  });
}

type End = Pick<Evidence, 'now' | 'uptimeSeconds' | 'captureLog'> & { readonly bootId: string };

async function readEnd(
  conversation: Conversation,
  { templates }: CrashTestMeans,
  directory: string,
  since: number,
): Promise<End> {
  const words = `DUMP_DIRECTORY=${quote(directory)}\nSINCE=${quote(String(since))}\n`;
  const script = `${words}${templates['crash-test-end.sh'] ?? ''}`;
  const { sections } = await conversation.runScript(script, { timeoutMs: SCRIPT_MS });
  const end = new NamedLines(linesOf(sections, 'end'));
  return {
    bootId: end.get('boot_id') ?? '',
    now: Number(end.get('now')),
    uptimeSeconds: Number(end.get('uptime')),
    captureLog: linesOf(sections, 'capture-log'),
  };
}

function readDumps(conversation: Conversation, { templates }: CrashTestMeans): Promise<DumpsAnswer> {
  return lookAtDumps(conversation, dumpsScript(templates['dumps.sh'] ?? ''), SCRIPT_MS);
}

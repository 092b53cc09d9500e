import { randomBytes } from 'node:crypto';

import { ProvisionError } from '../../errors.ts';
import type { Facts } from '../../facts/facts.ts';
import { linesOf, NamedLines } from '../../facts/sections.ts';
import { guestTemplate } from '../../plan/guest-template.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { Talk, Work } from '../../rollout/fleet.ts';
import { look, type Planner } from '../../rollout/planner.ts';
import { quote } from '../../shell.ts';
import { comeBack } from '../come-back.ts';
import type { Dump, DumpsAnswer } from '../dumps/dump.ts';
import { lookAtDumps } from '../dumps/look.ts';
import { dumpsScript } from '../dumps/script.ts';
import { gaveUp } from './gave-up.ts';
import { hungTaskSeconds, refusalOf, type CrashMode } from './mode.ts';
import { freshDumps, prove, type Evidence } from './proof.ts';

export interface CrashTestMeans {
  readonly planner: Omit<Planner, 'plan'>;
  readonly templates: Readonly<Record<string, string>>;
  readonly mode: CrashMode;
  /** For the capture and the boot after it, from the crash on. */
  readonly budgetMs: number;
}

/** Where templates/guest/crash-test.sh says why there was no crash. */
const GIVEN_UP = '/run/provision/crash-test/result';
const CAPTURE_LOG = 'capture.log';
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
  const script = `TAG=${quote(tag)}\nHANG_SECONDS=${quote(hang)}\n${guestTemplate(templates, 'crash-test.sh')}`;
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
    template: guestTemplate(templates, 'boot.sh'),
    givenUp: GIVEN_UP,
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
  const { coredir, freeKiB } = after;
  const found = { before: before.dumps, after: after.dumps, triggeredAt };
  const end = await readEnd(conversation, means, captureLogOf(freshDumps(found), coredir, triggeredAt), triggeredAt);
  const proof = prove({
    ...found,
    ...end,
    mode: means.mode,
    tag,
    coredir,
    freeKiB,
    bootIds: { before: facts.bootId, after: after.bootId },
  });
  const captureLog = proof.failure === null ? [] : end.captureLog;
  talk.emit({ kind: 'guest.crash-test', guest, tag, mode: means.mode, ...proof, captureLog });
  if (proof.failure === null) return { outcome: 'captured', changes: 0 };
  throw new ProvisionError('E_CAPTURE', `the crash was not captured: ${proof.failure}`, {
    hint:
      captureLog.length > 0
        ? `what the capture kernel said is above, and kept in ${coredir} on the guest`
        : 'the console of the virtual machine shows what the capture kernel did; see docs/crash-test.md',
    where: { guest },
  });
}

/** Beside the dump; where the capture did not come that far, its log is only in the folder of all. */
function captureLogOf(fresh: readonly Dump[], coredir: string, triggeredAt: number): string {
  const beside = fresh.find(({ files }) =>
    files.some(({ name, mtime }) => name === CAPTURE_LOG && mtime >= triggeredAt),
  );
  return `${beside?.directory ?? coredir}/${CAPTURE_LOG}`;
}

async function readEnd(
  conversation: Conversation,
  { templates }: CrashTestMeans,
  captureLog: string,
  since: number,
): Promise<Pick<Evidence, 'now' | 'uptimeSeconds' | 'captureLog'>> {
  const words = `CAPTURE_LOG=${quote(captureLog)}\nSINCE=${quote(String(since))}\n`;
  const script = `${words}${guestTemplate(templates, 'crash-test-end.sh')}`;
  const { sections } = await conversation.runScript(script, { timeoutMs: SCRIPT_MS });
  const end = new NamedLines(linesOf(sections, 'end'));
  return {
    now: Number(end.get('now')),
    uptimeSeconds: Number(end.get('uptime')),
    captureLog: linesOf(sections, 'capture-log'),
  };
}

function readDumps(conversation: Conversation, { templates }: CrashTestMeans): Promise<DumpsAnswer> {
  return lookAtDumps(conversation, dumpsScript(guestTemplate(templates, 'dumps.sh')), SCRIPT_MS);
}

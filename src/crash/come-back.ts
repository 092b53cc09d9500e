import { ProvisionError, type ErrorCode } from '../errors.ts';
import type { ComingBack } from '../events.ts';
import type { Conversation } from '../rollout/conversation.ts';
import { LOOK_MS, lookScript, parseLook } from './boot-look.ts';
import { judgeBoot, type RebootAsked, type Verdict } from './boot-proof.ts';
import { pause, unlessStopped } from './unless-stopped.ts';

/** A guest that goes down and comes back by itself, and how long it is waited for. */
export interface Awaited {
  readonly conversation: Conversation;
  readonly asked: Omit<RebootAsked, 'elapsedSeconds'>;
  /** templates/guest/boot.sh */
  readonly template: string;
  /** See `lookScript`. */
  readonly givenUp?: string;
  readonly timeoutMs: number;
  /** An old boot that still answers after that long is not going down any more; `timeoutMs` when absent. */
  readonly downWithinMs?: number;
  /** Before the first attempt: a kernel that dies under one leaves it waiting for an answer that nobody will send. */
  readonly headStartMs?: number;
  readonly stopping: AbortSignal;
  readonly phase: (phase: ComingBack, ms: number) => void;
  /** Said when the person stops waiting. */
  readonly interrupted: string;
  /** The error when it is not back in time, or what answers is wrong. */
  readonly gaveUp: (last: Verdict | ProvisionError, ms: number) => ProvisionError;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

const OLD_BOOT: ReadonlySet<Verdict['kind']> = new Set<Verdict['kind']>(['same-boot', 'given-up']);

/** A guest that goes down and comes up does all kinds of things, but not these. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_HOST_KEY_CHANGED',
  'E_HOST_KEY_REVOKED',
  'E_HOST_KEY_UNKNOWN',
  'E_SSH_UNSUPPORTED',
  // A password that is refused again and again locks the account.
  'E_SUDO',
  'E_INTERRUPTED',
]);

/**
 * Asks again and again, each time over a new connection, until another boot is proven. Refused connections, silence, and
 * logins that PAM does not let in while the guest boots are all part of it.
 * @throws ProvisionError what `gaveUp` says; E_INTERRUPTED, and at once what no boot will mend, such as a changed host key
 */
export async function comeBack(awaited: Awaited): Promise<Verdict> {
  const { conversation, stopping, interrupted: words } = awaited;
  const since = performance.now();
  const elapsed = (): number => Math.round(performance.now() - since);
  const said = new Set<ComingBack>();
  const say = (phase: ComingBack): void => {
    if (!said.has(phase)) awaited.phase(phase, elapsed());
    said.add(phase);
  };
  const script = lookScript(awaited.template, awaited.asked.bootId, awaited.givenUp);
  let last: Verdict | ProvisionError | undefined;
  await pause(awaited.headStartMs ?? 0, stopping, words);
  for (let rest = FIRST_PAUSE_MS; ; rest = Math.min(rest * 1.5, LONGEST_PAUSE_MS)) {
    await pause(rest, stopping, words);
    try {
      await unlessStopped(conversation.reconnect(), stopping, words);
      const { sections } = await unlessStopped(conversation.runScript(script, { timeoutMs: LOOK_MS }), stopping, words);
      const verdict = judgeBoot({ ...awaited.asked, elapsedSeconds: elapsed() / 1000 }, parseLook(sections));
      if (!OLD_BOOT.has(verdict.kind)) say('down');
      if (['booting', 'back', 'wrong'].includes(verdict.kind)) say('answering');
      if (verdict.kind === 'back') {
        say('back');
        return verdict;
      }
      last = verdict;
    } catch (error) {
      if (!(error instanceof ProvisionError) || FINAL.has(error.code)) throw error;
      say('down');
      last = error;
    }
    const kind = last instanceof ProvisionError ? undefined : last.kind;
    const limit = kind === 'same-boot' ? (awaited.downWithinMs ?? awaited.timeoutMs) : awaited.timeoutMs;
    if (kind === 'wrong' || kind === 'given-up' || elapsed() + rest > limit) throw awaited.gaveUp(last, elapsed());
  }
}

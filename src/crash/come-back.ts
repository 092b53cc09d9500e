import { ProvisionError, type ErrorCode } from '../errors.ts';
import type { RebootPhase } from '../events.ts';
import type { Conversation } from '../rollout/conversation.ts';
import { LOOK_MS, lookScript, parseLook } from './boot-look.ts';
import { judgeBoot, type RebootAsked, type Verdict } from './boot-proof.ts';
import { pause, unlessStopped } from './unless-stopped.ts';

/** A guest that was asked to reboot, and how long it is waited for. */
export interface Awaited {
  readonly conversation: Conversation;
  readonly asked: Omit<RebootAsked, 'elapsedSeconds'>;
  /** templates/guest/boot.sh */
  readonly template: string;
  readonly timeoutMs: number;
  readonly stopping: AbortSignal;
  readonly phase: (phase: RebootPhase, ms: number) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

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
 * @throws ProvisionError E_REBOOT when what answers is wrong, or not up in time; E_UNREACHABLE when nothing answers in time
 */
export async function comeBack(awaited: Awaited): Promise<Verdict> {
  const { conversation, stopping } = awaited;
  const { name } = conversation.guest;
  const words = `stopped waiting: ${name} is rebooting`;
  const since = performance.now();
  const elapsed = (): number => Math.round(performance.now() - since);
  const said = new Set<RebootPhase>();
  const say = (phase: RebootPhase): void => {
    if (!said.has(phase)) awaited.phase(phase, elapsed());
    said.add(phase);
  };
  const script = lookScript(awaited.template, awaited.asked.bootId);
  let last: Verdict | ProvisionError | undefined;
  for (let rest = FIRST_PAUSE_MS; ; rest = Math.min(rest * 1.5, LONGEST_PAUSE_MS)) {
    await pause(rest, stopping, words);
    try {
      await unlessStopped(conversation.reconnect(), stopping, words);
      const { sections } = await unlessStopped(conversation.runScript(script, { timeoutMs: LOOK_MS }), stopping, words);
      const verdict = judgeBoot({ ...awaited.asked, elapsedSeconds: elapsed() / 1000 }, parseLook(sections));
      if (verdict.kind !== 'same-boot') say('down');
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
    const wrong = !(last instanceof ProvisionError) && last.kind === 'wrong';
    if (wrong || elapsed() + rest > awaited.timeoutMs) throw gaveUp(name, last, elapsed());
  }
}

/** Where a person goes on by hand. The guest's name is the virtual machine's in most fleets. */
function gaveUp(guest: string, last: Verdict | ProvisionError, ms: number): ProvisionError {
  const where = { guest };
  const after = `${Math.round(ms / 1000)} s after the reboot was asked for`;
  if (last instanceof ProvisionError) {
    return new ProvisionError('E_UNREACHABLE', `${guest} has not come back ${after}: ${last.message}`, {
      hint: `look at its console (virsh console ${guest}); ${WAY_OUT}`,
      where,
      cause: last,
    });
  }
  if (last.kind === 'wrong')
    return new ProvisionError('E_REBOOT', `rebooted, and ${last.text}`, { hint: last.hint, where });
  const hint = last.kind === 'same-boot' ? HANGING : 'run the command again once it is up, it goes on from there';
  return new ProvisionError('E_REBOOT', `${guest} is not back ${after}: ${last.text}`, { hint, where });
}

const WAY_OUT =
  "to boot without the reservation, press e on GRUB's entry, take crashkernel= out, Ctrl-x; " +
  'then rm /etc/default/grub.d/zz-provision.cfg && update-grub';
const HANGING = '`systemctl list-jobs` there shows what holds up the shutdown; `systemctl reboot --force` ends it';

import { ProvisionError, type ErrorCode } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { linesOf } from '../facts/sections.ts';
import { fenceCall } from '../plan/fence.ts';
import { guestTemplate } from '../plan/guest-template.ts';
import type { RebootStep } from '../plan/plan.ts';
import { cmdlineMismatch } from '../plan/reboot.ts';
import type { Conversation } from '../rollout/conversation.ts';
import type { Talk } from '../rollout/fleet.ts';
import type { Reboots } from '../rollout/reboot-stage.ts';
import { quote } from '../shell.ts';
import type { Verdict } from './boot-proof.ts';
import { comeBack } from './come-back.ts';
import { awaitGate } from './gate.ts';

export interface RebootMeans {
  /** Texts of templates/guest, by file name. */
  readonly templates: Readonly<Record<string, string>>;
  /** From the request until the guest is proven to be up. */
  readonly timeoutMs: number;
}

/** Reboots and waits, as `--reboot` means it. */
export function makeReboots({ templates, timeoutMs }: RebootMeans): Reboots {
  return {
    reboot: (conversation, talk, step, before) =>
      reboot(conversation, talk, step, before, {
        fence: guestTemplate(templates, 'converge-fence.sh'),
        request: guestTemplate(templates, 'reboot.sh'),
        look: guestTemplate(templates, 'boot.sh'),
        timeoutMs,
      }),
    awaitGate: (conversation, talk, facts) => awaitGate(conversation, talk, facts, guestTemplate(templates, 'gate.sh')),
  };
}

interface Texts {
  readonly fence: string;
  readonly request: string;
  readonly look: string;
  readonly timeoutMs: number;
}

const REQUEST_MS = 60_000;

async function reboot(
  conversation: Conversation,
  talk: Talk,
  step: RebootStep,
  { bootId, machineId }: Facts,
  texts: Texts,
): Promise<void> {
  const guest = conversation.guest.name;
  if (talk.stopping.aborted) throw new ProvisionError('E_INTERRUPTED', `stopped before the reboot of ${guest}`);
  const { fence } = conversation;
  const fenced = fence === undefined ? ':' : fenceCall(fence, bootId);
  const header = `OLD_BOOT_ID=${quote(bootId)}\n${texts.fence}\nfenced() { ${fenced}; }`;
  await request(conversation, `${header}\n${texts.request}`);
  talk.emit({ kind: 'guest.reboot', guest, phase: 'requested', ms: 0 });
  await comeBack({
    conversation,
    asked: { bootId, machineId, mismatch: (cmdline) => cmdlineMismatch(step, cmdline) },
    template: texts.look,
    timeoutMs: texts.timeoutMs,
    stopping: talk.stopping,
    interrupted: `stopped waiting: ${guest} is rebooting`,
    gaveUp: (last, ms) => gaveUp(guest, last, ms),
    phase: (phase, ms) => {
      talk.emit({ kind: 'guest.reboot', guest, phase, ms });
    },
  });
}

/** @throws ProvisionError with the code that the guest's script gives when it will not reboot */
async function request(conversation: Conversation, script: string): Promise<void> {
  const where = { guest: conversation.guest.name };
  try {
    const { sections, stderrTail } = await conversation.runScript(script, { timeoutMs: REQUEST_MS });
    const [answer = ''] = linesOf(sections, 'reboot');
    if (answer === 'asked') return;
    const [, code = 'E_REBOOT', text = `no answer to the request: ${stderrTail.trim()}`] =
      /^refused (\w+) (.*)/.exec(answer) ?? [];
    throw new ProvisionError(code as ErrorCode, `not rebooted: ${text}`, { hint: HINTS[code], where });
  } catch (error) {
    // It may have been asked or not; which boot answers next tells.
    if (!(error instanceof ProvisionError) || error.code !== 'E_CONNECTION_LOST') throw error;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  E_FENCED: 'the newer attempt sees to this guest',
  E_LOCKED: 'wait for it to end, then run the command again',
  E_REBOOT: 'mend that, or reboot the guest by hand; then run the command again',
};

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

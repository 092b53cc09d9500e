import { ProvisionError } from '../errors.ts';
import type { ArmFact, Facts } from '../facts/facts.ts';
import { ARM_UNIT } from '../plan/resources/gate.ts';
import type { Conversation } from '../rollout/conversation.ts';
import type { Talk } from '../rollout/fleet.ts';
import { unlessStopped } from './unless-stopped.ts';

/** A first boot builds the crash kernel's initrd before it loads it: over a minute on a slow guest. */
const LOAD_SLACK_S = 180;
const DEFAULT_AFTER_S = 120;
/** How often a lost connection is made again. */
const CONNECTIONS = 3;

/**
 * Waits until the gate has armed: one script that blocks on the guest, so one round trip. False when there is no gate, or
 * it had armed already.
 * @throws ProvisionError E_NOT_ARMED when it refused, failed, or is still waiting at the end; E_INTERRUPTED
 */
export async function awaitGate(
  conversation: Conversation,
  talk: Talk,
  facts: Facts,
  template: string,
): Promise<boolean> {
  const unit = facts.units[ARM_UNIT];
  if (unit?.active !== 'active' && unit?.active !== 'activating') return false;
  if (facts.arm.state === 'armed') return false;
  const guest = conversation.guest.name;
  const deadline = performance.now() + budgetSeconds(facts) * 1000;
  let gate: Pick<ArmFact, 'state' | 'reason'> = facts.arm;
  for (let attempts = 1; isOpen(gate); attempts += 1) {
    const left = Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
    const following = conversation.runScript(`LIMIT=${left}\n${template}`, {
      timeoutMs: (left + 60) * 1000,
      onLine: (section, line) => {
        const said = section === 'gate' ? parseGate(line) : null;
        if (said === null) return;
        gate = said;
        talk.emit({ kind: 'guest.gate', guest, ...said });
      },
    });
    try {
      await unlessStopped(following, talk.stopping, `stopped waiting: ${guest} arms by itself, ${gate.reason}`);
      break;
    } catch (error) {
      const lost = error instanceof ProvisionError && error.code === 'E_CONNECTION_LOST';
      if (!lost || attempts === CONNECTIONS) throw error;
      await conversation.reconnect();
    }
  }
  if (gate.state === 'armed') return true;
  const text = isOpen(gate) ? `still waiting ${gate.reason}`.trimEnd() : `the gate says: ${gate.reason}`;
  throw new ProvisionError('E_NOT_ARMED', `not armed: ${text}`, {
    hint: isOpen(gate)
      ? 'see `journalctl -u kdump-tools` on the guest; it arms by itself once that holds, and provision verify tells'
      : 'see `journalctl -u provision-arm` on the guest; provision arm tries again',
    where: { guest },
  });
}

/** Until the uptime that the guest's own gate waits for, and then until a crash kernel can be loaded. */
export function budgetSeconds({ files, uptimeSeconds }: Pick<Facts, 'files' | 'uptimeSeconds'>): number {
  const after = /^AFTER=(\d+)$/m.exec(files['/etc/provision/arm.conf']?.text ?? '')?.[1];
  return Math.max(0, Number(after ?? DEFAULT_AFTER_S) - uptimeSeconds) + LOAD_SLACK_S;
}

function isOpen({ state }: Pick<ArmFact, 'state'>): boolean {
  return state === 'waiting' || state === 'none';
}

function parseGate(line: string): Pick<ArmFact, 'state' | 'reason'> | null {
  const match = /^(waiting|armed|refused|failed) ?(.*)/.exec(line);
  return match === null ? null : { state: match[1] as ArmFact['state'], reason: match[2] ?? '' };
}

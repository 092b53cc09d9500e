import type { Facts } from '../../facts/facts.ts';
import type { Trigger } from '../dumps/dump.ts';

/** How a crash test crashes the guest: sysrq-c at once, or a task that stays blocked until hung_task panics. */
export type CrashMode = 'sysrq' | 'hang';

/** What the log of each names as the reason of the panic. */
export const TRIGGERS: Readonly<Record<CrashMode, Trigger>> = { sysrq: 'sysrq', hang: 'hung_task' };

/**
 * Why this guest must not be crashed on purpose; null when it may.
 * A crash that cannot be captured would prove nothing and cost a reboot.
 */
export function refusalOf(facts: Facts, mode: CrashMode): string | null {
  if (facts.uid !== 0) return 'the SSH user is not root: set become: true for this guest';
  if (facts.container !== null) return `this guest is a container (${facts.container}): the crash would be its host's`;
  if (facts.captureKernel) return 'the guest is saving a crash dump right now';
  const { state, reason, hint } = facts.readiness;
  if (state !== 'ready') return `kdump is not ready: ${reason}${hint === null ? '' : ` (${hint})`}`;
  if (mode === 'sysrq') return null;
  if (facts.sysctls['kernel.hung_task_panic'] === '0' || facts.sysctls['kernel.hung_task_panic'] == null)
    return 'kernel.hung_task_panic is 0: apply a profile with hung_task.panic and let it arm';
  return hungTaskSeconds(facts) > 0 ? null : 'kernel.hung_task_timeout_secs is 0: blocked tasks are not looked for';
}

/** kernel.hung_task_timeout_secs, 0 when blocked tasks are not looked for. */
export function hungTaskSeconds(facts: Facts): number {
  return Number(facts.sysctls['kernel.hung_task_timeout_secs'] ?? 0);
}

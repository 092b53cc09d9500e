import { ProvisionError } from '../../errors.ts';
import type { Verdict } from '../boot-proof.ts';
import type { CrashMode } from './mode.ts';

/** Why a guest that was crashed is not back in time, as far as it can be told from outside. */
export function gaveUp(guest: string, mode: CrashMode, last: Verdict | ProvisionError, ms: number): ProvisionError {
  const where = { guest };
  const after = `${Math.round(ms / 1000)} s after the trigger`;
  if (last instanceof ProvisionError) {
    const text = `${guest} is not back ${after} (${last.message}): the capture hangs, or the guest does not boot`;
    return new ProvisionError('E_CAPTURE', text, {
      hint: `look at its console (virsh console ${guest}); power it off and on, then: provision dumps list ${guest}`,
      where,
      cause: last,
    });
  }
  if (last.kind === 'same-boot' || last.kind === 'given-up') {
    const why = last.kind === 'given-up' ? `the guest says: ${last.text}` : 'the same boot still answers';
    const text = `no ${mode === 'hang' ? 'panic' : 'crash'} ${after}: ${why}`;
    const hint =
      mode === 'hang'
        ? 'a hang needs a loop device, mkfs.ext4, fsfreeze and kernel.hung_task_panic=1; provision verify tells the last'
        : 'is CONFIG_MAGIC_SYSRQ set?';
    return new ProvisionError('E_CAPTURE', text, { hint, where });
  }
  if (last.kind === 'capture-kernel')
    return new ProvisionError('E_CAPTURE', `still saving the dump ${after}`, {
      hint: 'give it longer (--budget 20m); its console shows how far it is',
      where,
    });
  return new ProvisionError('E_CAPTURE', `${last.text} ${after}`, { hint: last.hint, where });
}

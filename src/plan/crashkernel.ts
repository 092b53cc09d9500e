import type { Distribution } from '../facts/distribution.ts';
import type { Facts } from '../facts/facts.ts';
import { estimateCrashkernel, ramKiB, STEP_MIB, type Estimate } from './crashkernel-sum.ts';
import { crashkernelsOf, plainMiB, reservationOf } from './crashkernel-syntax.ts';

export const GRUB_DROP_IN = '/etc/default/grub.d/zz-provision.cfg';
const MIB = 1024 * 1024;
/** Below this no size leaves a guest that works. */
export const MINIMUM_RAM_MIB = 768;

export interface Crashkernel {
  /** The kernel's own syntax, without `crashkernel=`. */
  readonly value: string;
  /** Bytes that it reserves on this guest, 0 when none of its ranges fits; null when it cannot be known. */
  readonly bytes: number | null;
  /** Bytes that the guest loses to it. */
  readonly taken: number;
  /** Where a reservation with a fixed place ends, in bytes; else null. */
  readonly end: number | null;
  readonly estimate: Estimate;
  /** Whether we chose the size. */
  readonly computed: boolean;
}

/** What a reservation is planned from. */
export interface Planned {
  readonly facts: Facts;
  readonly distribution: Distribution | null;
}

/**
 * The reservation for a guest: as the profile has it, or for `auto` what the capture needs. A size that was computed before
 * stays as long as it is enough and not more than one step too large, so that modules that come and go, or kdump's own
 * initrd, never ask for one more reboot.
 */
export function crashkernelFor(wanted: string, { facts, distribution }: Planned): Crashkernel {
  const estimate = estimateCrashkernel(facts, distribution);
  const computed = wanted === 'auto';
  const value = computed ? `${keptMiB({ facts, distribution }, estimate) ?? estimate.sizeMiB}M` : wanted;
  const machine = { ramKiB: ramKiB(facts), kernel: facts.kernel.release, arch: facts.arch };
  const found = reservationOf(value, machine);
  return {
    value,
    bytes: found?.bytes ?? null,
    taken: found?.taken ?? 0,
    end: found?.end ?? null,
    estimate,
    computed,
  };
}

/** What the drop-in says of a size that we computed, for the next plan to know it by. */
export const COMPUTED = 'computed from what this guest would need';

/** A size from before that need not change; null: there is none, or it is wrong. */
function keptMiB(planned: Planned, { leastMiB, sizeMiB }: Estimate): number | null {
  const { facts } = planned;
  const held = (facts.kexec.crashSize ?? 0) / MIB;
  const last = plainMiB(crashkernelsOf(facts.cmdline).at(-1));
  const running = last === held ? last : null;
  const text = facts.files[GRUB_DROP_IN]?.text ?? '';
  const ours = text.includes(COMPUTED) ? plainMiB(crashkernelsOf(text.replaceAll('"', ' ')).at(-1)) : null;
  const candidate = ours ?? running;
  if (candidate === null || candidate * 2 > ramKiB(facts) / 1024) return null;
  // What no boot has tried yet is not weighed again: an apply must find its own work as it left it.
  if (ours !== null && ours !== running) return ours;
  return candidate >= leastMiB && candidate <= Math.max(sizeMiB, sizeBefore(planned)) + STEP_MIB ? candidate : null;
}

/** What it came to before kdump had an initrd of its own, which may be much smaller than was assumed. */
function sizeBefore({ facts, distribution }: Planned): number {
  const capture = { ...facts.capture, captureInitrdBytes: null };
  return estimateCrashkernel({ ...facts, capture }, distribution).sizeMiB;
}

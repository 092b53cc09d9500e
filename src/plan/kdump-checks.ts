import type { Facts } from '../facts/facts.ts';
import type { Context } from './context.ts';
import { crashkernelFor, MINIMUM_RAM_MIB } from './crashkernel.ts';
import { ramKiB } from './crashkernel-sum.ts';
import { note, refusal } from './finding.ts';
import type { Finding } from './plan.ts';
import { reservationFailed, reservationHeld } from './resources/kdump.ts';

const MIB = 1024 * 1024;

export function noKexec({ desired, facts }: Context): Finding | null {
  if (desired.kdump === null) return null;
  if (facts.kexec.crashLoaded === null) {
    return refusal(
      'no-kexec',
      'kdump',
      'this kernel has no kexec crash support',
      'use a kernel with CONFIG_CRASH_DUMP, or --skip kdump',
    );
  }
  // What is loaded already stays loaded.
  if (!facts.kexec.loadDisabled || facts.kexec.crashLoaded) return null;
  return refusal(
    'kexec-disabled',
    'kdump',
    'kernel.kexec_load_disabled is 1, until the next reboot',
    'find who sets it, then reboot; or --skip kdump',
  );
}

export function secureBoot({ desired, facts }: Context): Finding | null {
  if (desired.kdump === null || !facts.secureBoot || facts.arch !== 'arm64') return null;
  const text = 'Secure Boot is on, and arm64 kernels of Debian cannot load a signed crash kernel (no KEXEC_FILE)';
  return refusal('secure-boot', 'kdump', text, 'turn Secure Boot off for this guest, or --skip kdump');
}

/**
 * A locked-down kernel loads signed images only, and kdump-config has them checked only where it sees Secure Boot. Inferred
 * from its source and the kernels' configurations.
 */
export function lockdown({ desired, facts }: Context): Finding | null {
  const mode = lockedDown(facts);
  if (desired.kdump === null || mode === null || facts.secureBoot || facts.kexec.crashLoaded === true) return null;
  if (facts.arch === 'arm64') {
    const text = `the kernel is locked down (${mode}), and arm64 kernels of Debian cannot load a signed crash kernel (no KEXEC_FILE)`;
    return refusal('lockdown', 'kdump', text, 'boot without lockdown=, or --skip kdump');
  }
  const text = `the kernel is locked down (${mode}) without Secure Boot: kdump-tools does not notice, and its load is refused`;
  const hint = 'boot without lockdown=, or set KDUMP_KEXEC_ARGS="-s" for a signed kernel';
  return { level: 'conflict', code: 'lockdown', subject: 'kdump', text, hint };
}

export function lockdownTracing({ desired, facts }: Context): Finding | null {
  if (desired.trace === null || lockedDown(facts) !== 'confidentiality') return null;
  const text = 'the kernel is locked down (confidentiality): bpftrace and bcc cannot read its memory';
  return note('lockdown-trace', 'trace', text, 'boot with lockdown=integrity, or without');
}

function lockedDown({ lockdown: mode }: Facts): string | null {
  return mode === 'none' ? null : mode;
}

export function noGrub(context: Context): Finding | null {
  const { desired, facts } = context;
  if (desired.kdump === null || facts.bootloader === 'grub') return null;
  const wanted = crashkernelFor(desired.kdump.crashkernel, context);
  if (reservationHeld(wanted, facts) || reservationFailed(wanted, facts)) return null;
  const found = facts.bootloader === 'none' ? 'no bootloader was found' : `the bootloader is ${facts.bootloader}`;
  const text = `crashkernel=${wanted.value} has to be on the kernel command line, and ${found} (only GRUB is known)`;
  return refusal(
    'no-grub',
    'crashkernel',
    text,
    `put crashkernel=${wanted.value} there by hand and reboot, or --skip kdump`,
  );
}

export function notEnoughRam(context: Context): Finding | null {
  const { desired, facts } = context;
  if (desired.kdump === null) return null;
  const ram = Math.floor(ramKiB(facts) / 1024);
  const { value, bytes, taken, end } = crashkernelFor(desired.kdump.crashkernel, context);
  if (bytes === 0) {
    const text = `crashkernel=${value} reserves nothing on a guest with ${ram} MiB`;
    return refusal('crashkernel-range', 'crashkernel', text, 'use a plain size or auto, or --skip kdump');
  }
  if (end !== null && end > ram * MIB) {
    const text = `crashkernel=${value} ends beyond the ${ram} MiB of this guest`;
    return refusal('crashkernel-range', 'crashkernel', text, 'leave the place to the kernel: a plain size, or auto');
  }
  if (ram >= MINIMUM_RAM_MIB && Math.ceil(taken / MIB) * 2 <= ram) return null;
  return refusal(
    'ram',
    'crashkernel',
    `crashkernel=${value} of ${ram} MiB leaves too little for the guest`,
    'give the guest more memory, or --skip kdump',
  );
}

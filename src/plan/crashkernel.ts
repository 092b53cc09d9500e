import type { Facts } from '../facts/facts.ts';

export interface Crashkernel {
  /** The kernel's own syntax, without `crashkernel=`. */
  readonly value: string;
  /** Bytes that must be reserved for it to count as held; null when the value is a range or has an offset. */
  readonly bytes: number | null;
  /** Terms of a computed size, for people. */
  readonly sum?: string;
}

const MIB = 1024 * 1024;
/** Below this no size leaves a guest that works. */
export const MINIMUM_RAM_MIB = 768;

/**
 * The reservation for a guest. `auto` adds up what the capture kernel needs, rounds up to 64 MiB, and grows with RAM,
 * because the dump's page bitmaps do. 256M was measured to be enough for 2 GiB guests of Debian 12 and 13.
 */
export function crashkernelFor(wanted: string, facts: Pick<Facts, 'memTotalKiB' | 'arch'>): Crashkernel {
  if (wanted !== 'auto') return { value: wanted, bytes: plainSize(wanted) };
  const kernel = facts.arch === 'arm64' ? 64 : 54;
  const initrd = 70;
  const userspace = 96;
  // Two bitmaps of one bit a page, and page tables: about 1 MiB for each GiB.
  const bitmaps = Math.ceil(facts.memTotalKiB / MIB);
  const total = kernel + initrd + userspace + bitmaps;
  const size = Math.ceil(total / 64) * 64;
  const sum = `kernel ${kernel} + initrd ${initrd} + userspace ${userspace} + bitmaps ${bitmaps}, rounded up to 64`;
  return { value: `${size}M`, bytes: size * MIB, sum };
}

/** Bytes of a plain `256M`; null for everything else the kernel takes. */
function plainSize(text: string): number | null {
  const match = /^(\d+)([KMG])(?:,high)?$/i.exec(text);
  if (!match) return null;
  const unit = { K: 1024, M: MIB, G: 1024 * MIB }[match[2]?.toUpperCase() as 'K' | 'M' | 'G'];
  return Number(match[1]) * unit;
}

/** Values of all crashkernel= on a command line, in order. */
export function crashkernelsOf(cmdline: string): string[] {
  return cmdline
    .split(/\s+/)
    .filter((word) => word.startsWith('crashkernel='))
    .map((word) => word.slice('crashkernel='.length));
}

/** The command line with every crashkernel= gone and ours at the end, as the drop-in makes it. */
export function withCrashkernel(cmdline: string, value: string): string {
  const rest = cmdline.split(/\s+/).filter((word) => word !== '' && !word.startsWith('crashkernel='));
  return [...rest, `crashkernel=${value}`].join(' ');
}

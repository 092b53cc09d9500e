import type { Facts } from '../facts/facts.ts';

export interface Crashkernel {
  /** The kernel's own syntax, without `crashkernel=`. */
  readonly value: string;
  /** Bytes that it reserves on this guest, 0 when none of its ranges fits; null when the value has an offset. */
  readonly bytes: number | null;
  /** Terms of a computed size, for people. */
  readonly sum?: string;
}

const MIB = 1024 * 1024;
/** Below this no size leaves a guest that works. */
export const MINIMUM_RAM_MIB = 768;

type Memory = Pick<Facts, 'memTotalKiB' | 'kexec'>;

/** What the machine has: MemTotal does not count what is reserved already. */
export function ramKiB({ memTotalKiB, kexec }: Memory): number {
  return memTotalKiB + Math.floor((kexec.crashSize ?? 0) / 1024);
}

/**
 * The reservation for a guest. `auto` adds up what the capture kernel needs, rounds up to 64 MiB, and grows with RAM,
 * because the dump's page bitmaps do. 256M was measured to be enough for 2 GiB guests of Debian 12 and 13.
 */
export function crashkernelFor(wanted: string, facts: Memory & Pick<Facts, 'arch'>): Crashkernel {
  if (wanted !== 'auto') return { value: wanted, bytes: plainSize(wanted) ?? rangeSize(wanted, ramKiB(facts)) };
  const kernel = facts.arch === 'arm64' ? 64 : 54;
  const initrd = 70;
  const userspace = 96;
  // Two bitmaps of one bit a page, and page tables: about 1 MiB for each GiB.
  const bitmaps = Math.ceil(ramKiB(facts) / MIB);
  const total = kernel + initrd + userspace + bitmaps;
  const size = Math.ceil(total / 64) * 64;
  const sum = `kernel ${kernel} + initrd ${initrd} + userspace ${userspace} + bitmaps ${bitmaps}, rounded up to 64`;
  return { value: `${size}M`, bytes: size * MIB, sum };
}

const UNITS: Readonly<Record<string, number>> = { K: 1024, M: MIB, G: 1024 * MIB };

/** Bytes of a plain `256M`; null for everything else the kernel takes. */
function plainSize(text: string): number | null {
  const match = /^(\d+)([KMG])(?:,high)?$/i.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2]?.toUpperCase() ?? ''] ?? 1) : null;
}

/**
 * What `2G-4G:320M,4G-:512M` reserves: the size of the first range that the memory is in, 0 when it is in none, null for
 * other syntax. Since 6.1 the kernel rounds the memory up to 128 MiB first.
 */
function rangeSize(text: string, memoryKiB: number): number | null {
  if (!/^\d+[KMG]?-/i.test(text)) return null;
  const memory = Math.ceil((memoryKiB * 1024) / (128 * MIB)) * 128 * MIB;
  for (const [, start, startUnit, end, endUnit, size, sizeUnit] of text.matchAll(
    /(\d+)([KMG]?)-(?:(\d+)([KMG]?))?:(\d+)([KMG]?)/gi,
  )) {
    const bytes = (digits = '0', unit = ''): number => Number(digits) * (UNITS[unit.toUpperCase()] ?? 1);
    const most = end === undefined ? Infinity : bytes(end, endUnit);
    if (memory >= bytes(start, startUnit) && memory < most) return bytes(size, sizeUnit);
  }
  return 0;
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

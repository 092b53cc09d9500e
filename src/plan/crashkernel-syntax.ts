import { isOlder } from '../profile/sysctl-catalogue.ts';

const MIB = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: MIB, G: 1024 * MIB };

/** Where a `crashkernel=` is to hold. */
export interface Machine {
  readonly ramKiB: number;
  /** `uname -r` */
  readonly kernel: string;
  /** dpkg architecture */
  readonly arch: string;
}

export interface Reservation {
  /** Bytes that a crash kernel can use; 0 when nothing is reserved. */
  readonly bytes: number;
  /** Bytes that the guest loses in all: `,high` takes some below 4 GiB as well. */
  readonly taken: number;
  /** Where it ends, for one with a fixed place; else null. */
  readonly end: number | null;
}

const NOTHING: Reservation = { bytes: 0, taken: 0, end: null };

/**
 * What a value of `crashkernel=` reserves on a machine; null when it is none of the known forms.
 * Source: Documentation/admin-guide/kdump/kdump.rst and kernel/crash_core.c of 5.10 and 6.1.
 */
export function reservationOf(value: string, machine: Machine): Reservation | null {
  const plain = /^(\d+[KMG]?)(?:@(\d+[KMG]?)|,(high|low|cma))?$/i.exec(value);
  if (plain) {
    const [, size = '', offset, suffix] = plain;
    // Each of these only adds to a crashkernel= that is not there.
    if (suffix !== undefined && suffix.toLowerCase() !== 'high') return NOTHING;
    return placed(bytesOf(size), offset, suffix === undefined ? 0 : lowBytes(machine.arch));
  }
  if (!/^\d+[KMG]?-/i.test(value)) return null;
  const [ranges = '', offset] = value.split('@');
  const ram = rangeRam(machine);
  for (const range of ranges.split(',')) {
    const [, start = '', end, size = ''] = /^(\d+[KMG]?)-(\d+[KMG]?)?:(\d+[KMG]?)$/i.exec(range) ?? [];
    if (size === '') return null;
    if (ram >= bytesOf(start) && ram < (end === undefined ? Infinity : bytesOf(end))) {
      return placed(bytesOf(size), offset, 0);
    }
  }
  return NOTHING;
}

function placed(bytes: number, offset: string | undefined, low: number): Reservation {
  return { bytes, taken: bytes + low, end: offset === undefined ? null : bytesOf(offset) + bytes };
}

/** Since 6.1 the kernel rounds its memory up before it looks for the range; a "2 GiB" guest has a little less than that. */
function rangeRam({ ramKiB, kernel }: Machine): number {
  const bytes = ramKiB * 1024;
  return isOlder(kernel, '6.1') ? bytes : Math.ceil(bytes / (128 * MIB)) * 128 * MIB;
}

/** What `,high` reserves below 4 GiB by itself, without a large swiotlb=. */
function lowBytes(arch: string): number {
  return (arch === 'arm64' ? 128 : 256) * MIB;
}

function bytesOf(size: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([KMG]?)$/i.exec(size) ?? [];
  return Number(digits) * (UNITS[unit.toUpperCase()] ?? 1);
}

/** MiB of a value that is a size and nothing else; null otherwise. */
export function plainMiB(value: string | undefined): number | null {
  return value !== undefined && /^\d+[KMG]$/i.test(value) ? bytesOf(value) / MIB : null;
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

import type { Distribution } from '../facts/distribution.ts';
import type { Facts } from '../facts/facts.ts';
import { plainMiB, reservationOf } from './crashkernel-syntax.ts';

const MIB = 1024 * 1024;
/** Sizes are multiples of this, so that a module more or less does not move them. */
export const STEP_MIB = 64;
/** Put on top of a sum before it is rounded: as much may be added later without the size being too small. */
const SPARE_MIB = 16;
/** The smallest size that was seen to capture a dump: Debian 12 and 13 with 2 GiB. */
const SMALLEST_MIB = 256;

/** Where a guest does not say: an ordinary kernel of Debian, its modules, and an initrd made with MODULES=dep. */
const USUAL = { modulesMiB: 40, initrdMiB: 40 };
/** The image, and what it comes to; on arm64 it is not compressed. */
const USUAL_KERNEL: Readonly<Record<string, { imageMiB: number; allMiB: number }>> = {
  amd64: { imageMiB: 9, allMiB: 54 },
  arm64: { imageMiB: 30, allMiB: 64 },
};
/** A compressed image, what it unpacks to, and room to do so; Debian 13's own estimate has the same factors. */
const IMAGE_FACTOR: Readonly<Record<string, number>> = { amd64: 6, arm64: 4 };
/** systemd, udev and makedumpfile in the capture boot. */
const USERSPACE_MIB = 96;
/** An initrd with zstd or gzip holds about three times its size. */
const UNPACKED = 3;

export interface Estimate {
  /** Below this a capture can run out of memory. */
  readonly leastMiB: number;
  /** What to reserve where nothing is reserved yet. */
  readonly sizeMiB: number;
  /** How it came about, for people. */
  readonly sum: string;
}

type Sized = Pick<Facts, 'arch' | 'capture' | 'cmdline' | 'kernel' | 'kexec' | 'memTotalKiB' | 'physicalKiB'>;
type Term = readonly [name: string, mib: number];

/** What the machine has. Where /proc/iomem does not tell: MemTotal does not count what is reserved already. */
export function ramKiB({
  memTotalKiB,
  physicalKiB,
  kexec,
}: Pick<Facts, 'memTotalKiB' | 'physicalKiB' | 'kexec'>): number {
  return physicalKiB ?? memTotalKiB + Math.floor((kexec.crashSize ?? 0) / 1024);
}

/**
 * What a capture kernel needs on this guest: the kernel, its initrd, and what comes after that, be it the unpacked initrd or,
 * once that is gone, modules and programs. It grows with RAM, as the dump's page bitmaps do, and is never below what is
 * known to work or what the distribution came to after seeing less fail. The same before and after kdump is installed, but
 * for the initrd's size, which is known only then.
 */
export function estimateCrashkernel(facts: Sized, distribution: Distribution | null): Estimate {
  const terms = termsOf(facts);
  const total = terms.reduce((sum, [, mib]) => sum + mib, 0);
  const floor = floorOf(facts, distribution);
  const rounded = Math.ceil((total + SPARE_MIB) / STEP_MIB) * STEP_MIB;
  const words = [...terms, ['spare', SPARE_MIB] as const].map(([name, mib]) => `${name} ${mib}`).join(' + ');
  return {
    leastMiB: Math.max(total, floor.mib),
    sizeMiB: Math.max(rounded, floor.mib),
    sum:
      rounded >= floor.mib
        ? `${words}, rounded up to ${STEP_MIB}`
        : `${words} = ${total + SPARE_MIB}, at least ${floor.mib}: ${floor.why}`,
  };
}

function termsOf(facts: Sized): Term[] {
  const { capture } = facts;
  // Before kdump-tools has built its own, which has the modules of this machine only, the ordinary initrd is an upper bound.
  const initrd =
    mib(capture.captureInitrdBytes) ?? Math.min(mib(capture.initrdBytes) ?? USUAL.initrdMiB, USUAL.initrdMiB);
  const modules = mib(capture.modulesBytes) ?? USUAL.modulesMiB;
  const later: Term[] =
    initrd * UNPACKED > modules + USERSPACE_MIB
      ? [['unpacked', initrd * UNPACKED]]
      : [
          ['modules', modules],
          ['userspace', USERSPACE_MIB],
        ];
  const log = plainMiB(/(?:^|\s)log_buf_len=(\S+)/.exec(facts.cmdline)?.[1]) ?? 0;
  return [
    ['kernel', kernelMiB(facts)],
    ['initrd', initrd],
    ...later,
    // Two bitmaps of one bit a page, and page tables: about 1 MiB for each GiB.
    ['bitmaps', Math.ceil(ramKiB(facts) / MIB)],
    // The capture kernel has the same log_buf_len=, and a smaller one after it does not count.
    ...(log >= 1 ? [['log', Math.ceil(log)] as const] : []),
  ];
}

/** What the running kernel takes, and its image that is unpacked beside it; or, unknown, what its image says. */
function kernelMiB({ arch, capture }: Sized): number {
  const usual = usualKernel(arch);
  const image = mib(capture.vmlinuzBytes);
  const kernel = mib(capture.kernelBytes);
  if (kernel !== null) return kernel + (image ?? usual.imageMiB);
  return image === null ? usual.allMiB : image * imageFactor(arch);
}

function floorOf(facts: Sized, distribution: Distribution | null): { mib: number; why: string } {
  const known = distribution?.crashkernel[facts.arch];
  const machine = { ramKiB: ramKiB(facts), kernel: facts.kernel.release, arch: facts.arch };
  const bytes = known?.floor === true ? (reservationOf(known.ranges, machine)?.bytes ?? 0) : 0;
  if (distribution === null || bytes <= SMALLEST_MIB * MIB)
    return { mib: SMALLEST_MIB, why: 'less was never seen to work' };
  return { mib: bytes / MIB, why: `${distribution.name} has that itself` };
}

function mib(bytes: number | null): number | null {
  return bytes === null ? null : Math.ceil(bytes / MIB);
}

/** The numbers of the sum for an architecture, for a guest that does it by itself (templates/export/crashkernel.sh). */
export interface Sizing {
  readonly USUAL_IMAGE: number;
  readonly USUAL_KERNEL: number;
  readonly IMAGE_FACTOR: number;
  readonly USUAL_MODULES: number;
  readonly USUAL_INITRD: number;
  readonly USERSPACE: number;
  readonly UNPACKED: number;
  readonly SPARE: number;
  readonly STEP: number;
  readonly SMALLEST: number;
  /** In the kernel's own syntax; empty where the distribution's default is not trusted. */
  readonly FLOOR_RANGES: string;
}

export function sizingFor(distribution: Distribution, arch: string): Sizing {
  const usual = usualKernel(arch);
  const known = distribution.crashkernel[arch];
  return {
    USUAL_IMAGE: usual.imageMiB,
    USUAL_KERNEL: usual.allMiB,
    IMAGE_FACTOR: imageFactor(arch),
    USUAL_MODULES: USUAL.modulesMiB,
    USUAL_INITRD: USUAL.initrdMiB,
    USERSPACE: USERSPACE_MIB,
    UNPACKED,
    SPARE: SPARE_MIB,
    STEP: STEP_MIB,
    SMALLEST: SMALLEST_MIB,
    FLOOR_RANGES: known?.floor === true ? known.ranges : '',
  };
}

function usualKernel(arch: string): { imageMiB: number; allMiB: number } {
  return USUAL_KERNEL[arch] ?? { imageMiB: 9, allMiB: 64 };
}

function imageFactor(arch: string): number {
  return IMAGE_FACTOR[arch] ?? 6;
}

import type { DiskFact } from '../facts/facts.ts';
import { dumpsLeave, kdumpSetting } from '../facts/kdump-config.ts';
import type { Context } from './context.ts';
import { ramKiB } from './crashkernel-sum.ts';
import { note, refusal } from './finding.ts';
import type { Finding, PackageStep } from './plan.ts';

/** grub.cfg is written anew beside the old one. */
const BOOT_KIB = 2048;
/** No dump of an idle guest was seen to be larger than half of this. */
const SMALLEST_DUMP_KIB = 256 * 1024;
/** Of RAM: what `makedumpfile -c -d 31` leaves on a guest that is in use. */
const DUMP_PART = 8;
/** An initrd that nobody has built yet; with MODULES=dep it is smaller. */
const INITRD_KIB = 64 * 1024;

/** Space for what apt fetches and unpacks, with a tenth to spare. */
export function packageSpace({ facts }: Context, packages: PackageStep | undefined): Finding | null {
  if (packages === undefined) return null;
  const needed = Math.ceil((((packages.fetchBytes ?? 0) + Math.max(packages.diskBytes ?? 0, 0)) * 1.1) / 1024);
  const disk = diskOf(facts.disks, '/');
  if (disk === null || disk.freeKiB >= needed) return null;
  const text = `${mib(disk.freeKiB)} free on /, the packages need ${mib(needed)}`;
  return refusal('disk', '/', text, 'free some space, or leave packages out with --skip crash --skip trace');
}

export function bootSpace({ desired, facts }: Context): Finding | null {
  const disk = diskOf(facts.disks, '/boot');
  if (desired.kdump === null || facts.bootloader !== 'grub' || disk === null || disk.freeKiB >= BOOT_KIB) return null;
  const text = `${mib(disk.freeKiB)} free on ${disk.path}: grub.cfg could not be written anew`;
  return refusal('disk', '/boot', text, 'remove old kernels, or --skip kdump');
}

/** kdump-tools keeps an initrd of its own, not in /boot. */
export function initrdSpace({ desired, facts }: Context): Finding | null {
  const disk = diskOf(facts.disks, '/var/lib/kdump');
  if (desired.kdump === null || disk === null || facts.capture.captureInitrdBytes !== null) return null;
  const needed = Math.ceil((facts.capture.initrdBytes ?? INITRD_KIB * 1024) / 1024);
  if (disk.freeKiB >= needed) return null;
  const text = `${mib(disk.freeKiB)} free on ${disk.path}, the initrd of the crash kernel can need ${mib(needed)}`;
  return refusal('disk', '/var/lib/kdump', text, 'free some space, or --skip kdump');
}

/**
 * Room for one dump: an eighth of RAM where makedumpfile leaves out what nobody reads, all of RAM where it is missing. What
 * is short of the worst case is a note without numbers that change from day to day, so that plans of like guests stay alike.
 */
export function dumpSpace(context: Context): Finding | null {
  const { desired, facts } = context;
  const place = placeOf(context);
  if (desired.kdump === null || place === null) return null;
  const { directory, disk } = place;
  const ram = ramKiB(facts);
  const filtered = !lacksMakedumpfile(context);
  const usual = filtered ? Math.max(Math.ceil(ram / DUMP_PART), SMALLEST_DUMP_KIB) : ram;
  const why = filtered ? 'an eighth of RAM, and at worst all of it' : 'all of RAM, as there is no makedumpfile';
  const size = `a dump takes about ${mib(usual)} (${why})`;
  if (disk.freeKiB < usual) {
    const text = `${mib(disk.freeKiB)} free on ${disk.path} for ${directory}: ${size}`;
    return refusal('dump-space', directory, text, 'free some space or give it a larger disk, or --skip kdump');
  }
  const { keep } = desired.kdump;
  if (disk.freeKiB >= ram && disk.freeKiB >= keep * usual) return null;
  const kept = keep === 0 ? 'all are kept' : `${keep} are kept`;
  const whole = context.distribution?.knownProblems.some((problem) => isConcerned(problem, context)) === true;
  const near = whole ? '; makedumpfile here does not leave out free pages, so expect the worst' : '';
  const text = `${size}, ${kept}, and ${disk.path} has less free than that may need${near}`;
  return note('dump-space', directory, text, `watch ${directory}, or set kdump.keep lower`);
}

/** The distribution's own idea of enough. */
export function dumpSpaceRule(context: Context): Finding | null {
  const times = context.distribution?.dumpSpaceTimesRam ?? null;
  const place = placeOf(context);
  if (context.desired.kdump === null || times === null || place === null) return null;
  if (place.disk.freeKiB >= ramKiB(context.facts) * times) return null;
  const text = `${context.distribution?.name ?? ''} itself turns kdump on only with ${times} times RAM and swap free`;
  return note('dump-space-rule', place.directory, text, 'more than a dump needs; nothing to do');
}

/** Where dumps go to, and its disk; null when they leave the guest, or nothing is known of the disk. */
function placeOf({ facts }: Context): { directory: string; disk: DiskFact } | null {
  const directory = kdumpSetting(facts.files, 'KDUMP_COREDIR') ?? '/var/crash';
  const disk = diskOf(facts.disks, directory);
  return disk === null || dumpsLeave(facts.files) ? null : { directory, disk };
}

/** Not there, and apt has none to install. */
function lacksMakedumpfile({ distribution, facts }: Context): boolean {
  const names = distribution?.packages.makedumpfile.names ?? [];
  return names.length === 0 || names.some((name) => facts.apt?.unknown.includes(name) === true);
}

type Problem = NonNullable<Context['distribution']>['knownProblems'][number];

function isConcerned({ wholeDumps, arch, kernels }: Problem, { facts }: Context): boolean {
  const here = arch.length === 0 || arch.includes(facts.arch);
  return wholeDumps && here && (kernels === null || new RegExp(kernels).test(facts.kernel.release));
}

/** The disk that a path is on: the longest mount point above it. */
function diskOf(disks: readonly DiskFact[], path: string): DiskFact | null {
  const above = disks.filter(({ path: mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`));
  return above.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

function mib(kib: number): string {
  return `${Math.floor(kib / 1024)} MiB`;
}

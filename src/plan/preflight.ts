import type { Context } from './context.ts';
import { crashkernelFor, MINIMUM_RAM_MIB, ramKiB } from './crashkernel.ts';
import { reservationHeld } from './resources/kdump.ts';
import type { Finding, PackageStep } from './plan.ts';

type Check = (context: Context, packages: PackageStep | undefined) => Finding | null;

/** Each check can refuse the plan; they run in this order and all of them run. */
const CHECKS: readonly Check[] = [
  notRoot,
  captureKernel,
  container,
  unknownDistribution,
  readOnlyEtc,
  cloudKernel,
  noSystemd,
  noKexec,
  secureBoot,
  noGrub,
  notEnoughRam,
  diskSpace,
  packageRemoval,
];

/** What keeps this plan from being carried out, each with what to do about it. */
export function preflight(context: Context, packages: PackageStep | undefined): Finding[] {
  return CHECKS.flatMap((check) => check(context, packages) ?? []);
}

function refusal(code: string, subject: string, text: string, hint: string): Finding {
  return { level: 'refusal', code, subject, text, hint };
}

function notRoot({ facts }: Context): Finding | null {
  if (facts.uid === 0) return null;
  return refusal('not-root', 'user', 'the SSH user is not root', 'set become: true for this guest, or log in as root');
}

function captureKernel({ facts }: Context): Finding | null {
  if (!facts.captureKernel) return null;
  return refusal(
    'capture-kernel',
    'kernel',
    'the guest is saving a crash dump right now',
    'wait until it has rebooted',
  );
}

function container({ facts }: Context): Finding | null {
  if (facts.container === null) return null;
  const text = `this guest is a container (${facts.container}): the kernel belongs to its host`;
  return refusal('container', 'kernel', text, 'apply the profile to the host instead');
}

function unknownDistribution({ facts, distribution }: Context): Finding | null {
  if (distribution !== null) return null;
  const name = facts.os.pretty || facts.os.id || 'an unknown system';
  return refusal(
    'distribution',
    'system',
    `${name} is not in the catalogue`,
    'see docs/catalogue.md for how to add a distribution',
  );
}

function readOnlyEtc({ facts }: Context): Finding | null {
  if (facts.uid !== 0 || facts.etcWritable) return null;
  return refusal(
    'read-only-etc',
    '/etc',
    '/etc is read-only',
    'remount it writable; a guest with an immutable root cannot be provisioned',
  );
}

function cloudKernel({ desired, facts }: Context): Finding | null {
  if (!/-cloud-/.test(facts.kernel.release) || !desired.match.drivers.includes('virtio_gpu')) return null;
  const text = `kernel ${facts.kernel.release} is a cloud flavour without DRM, so without virtio_gpu`;
  return refusal('cloud-kernel', 'kernel', text, `install linux-image-${facts.arch} and reboot`);
}

function noSystemd({ desired, facts, settings }: Context): Finding | null {
  if (facts.init === 'systemd' || desired.arm.when === 'always' || !settings.some(({ armed }) => armed)) return null;
  const text = `PID 1 is ${facts.init}, not systemd: nothing can hold the panic settings until kdump is ready`;
  return refusal(
    'no-systemd',
    'arm',
    text,
    '--set arm.when=always applies them at once, live only; or --skip hung_task --skip panic',
  );
}

function noKexec({ desired, facts }: Context): Finding | null {
  if (desired.kdump === null) return null;
  if (facts.kexec.crashLoaded === null) {
    return refusal(
      'no-kexec',
      'kdump',
      'this kernel has no kexec crash support',
      'use a kernel with CONFIG_CRASH_DUMP, or --skip kdump',
    );
  }
  if (!facts.kexec.loadDisabled) return null;
  return refusal(
    'kexec-disabled',
    'kdump',
    'kernel.kexec_load_disabled is 1, until the next reboot',
    'find who sets it, then reboot; or --skip kdump',
  );
}

function secureBoot({ desired, facts }: Context): Finding | null {
  if (desired.kdump === null || !facts.secureBoot || facts.arch !== 'arm64') return null;
  const text = 'Secure Boot is on, and arm64 kernels of Debian cannot load a signed crash kernel (no KEXEC_FILE)';
  return refusal('secure-boot', 'kdump', text, 'turn Secure Boot off for this guest, or --skip kdump');
}

function noGrub(context: Context): Finding | null {
  const { desired, facts } = context;
  if (desired.kdump === null || facts.bootloader === 'grub') return null;
  const wanted = crashkernelFor(desired.kdump.crashkernel, facts);
  if (reservationHeld(wanted, context)) return null;
  const found = facts.bootloader === 'none' ? 'no bootloader was found' : `the bootloader is ${facts.bootloader}`;
  const text = `crashkernel=${wanted.value} has to be on the kernel command line, and ${found} (only GRUB is known)`;
  return refusal(
    'no-grub',
    'crashkernel',
    text,
    `put crashkernel=${wanted.value} there by hand and reboot, or --skip kdump`,
  );
}

function notEnoughRam({ desired, facts }: Context): Finding | null {
  if (desired.kdump === null) return null;
  const ram = Math.floor(ramKiB(facts) / 1024);
  const { value, bytes } = crashkernelFor(desired.kdump.crashkernel, facts);
  const wanted = Math.ceil((bytes ?? 0) / 1024 / 1024);
  if (bytes === 0) {
    const text = `crashkernel=${value} reserves nothing on a guest with ${ram} MiB`;
    return refusal('crashkernel-range', 'crashkernel', text, 'use a plain size or auto, or --skip kdump');
  }
  if (ram >= MINIMUM_RAM_MIB && wanted * 2 <= ram) return null;
  return refusal(
    'ram',
    'crashkernel',
    `crashkernel=${value} of ${ram} MiB leaves too little for the guest`,
    'give the guest more memory, or --skip kdump',
  );
}

/** Space for what apt fetches and unpacks, with a tenth to spare. */
function diskSpace({ facts }: Context, packages: PackageStep | undefined): Finding | null {
  if (packages === undefined) return null;
  const needed = Math.ceil((((packages.fetchBytes ?? 0) + Math.max(packages.diskBytes ?? 0, 0)) * 1.1) / 1024);
  const disk = facts.disks.find(({ path }) => path === '/');
  if (disk === undefined || disk.freeKiB >= needed) return null;
  const text = `${mib(disk.freeKiB)} free on /, the packages need ${mib(needed)}`;
  return refusal('disk', '/', text, 'free some space, or leave packages out with --skip crash --skip trace');
}

/** Installing debugging tools must not cost a guest what it runs. */
function packageRemoval(_context: Context, packages: PackageStep | undefined): Finding | null {
  const removed = (packages?.actions ?? []).filter(({ action }) => action === 'remove').map(({ name }) => name);
  if (removed.length === 0) return null;
  const text = `apt would remove ${removed.join(', ')} to install the packages`;
  return refusal(
    'package-removal',
    'packages',
    text,
    'settle it with apt on the guest, or leave packages out: --skip crash --skip trace',
  );
}

function mib(kib: number): string {
  return `${Math.floor(kib / 1024)} MiB`;
}

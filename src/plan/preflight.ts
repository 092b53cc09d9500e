import type { Context } from './context.ts';
import { bootSpace, dumpSpace, dumpSpaceRule, initrdSpace, packageSpace } from './disk-checks.ts';
import { refusal } from './finding.ts';
import { lockdown, lockdownTracing, noGrub, noKexec, notEnoughRam, secureBoot } from './kdump-checks.ts';
import type { Finding, PackageStep } from './plan.ts';

type Check = (context: Context, packages: PackageStep | undefined) => Finding | null;

/** Each check can refuse the plan, or note something; they run in this order and all of them run. */
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
  lockdown,
  lockdownTracing,
  noGrub,
  notEnoughRam,
  packageSpace,
  bootSpace,
  initrdSpace,
  dumpSpace,
  dumpSpaceRule,
  packageRemoval,
];

/** What keeps this plan from being carried out, or could, each with what to do about it. */
export function preflight(context: Context, packages: PackageStep | undefined): Finding[] {
  return CHECKS.flatMap((check) => check(context, packages) ?? []);
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

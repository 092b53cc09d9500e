import fc from 'fast-check';

import { matchDistribution } from '../../../src/facts/distribution.ts';
import type { Facts } from '../../../src/facts/facts.ts';
import { wantedPackages } from '../../../src/facts/wanted-packages.ts';
import type { DesiredState } from '../../../src/profile/desired.ts';
import { profileNames } from '../../../src/shipped/profiles.ts';
import { aptFor, bareFacts, KERNEL_DEFAULTS, MIB } from './facts.ts';
import { file, filesOf, KDUMP_CONFIG, KDUMP_DEFAULT } from './guest-model.ts';
import { desiredBy, shipped, type Wishes } from './planning.ts';

const SETS = [
  'hung_task.timeout=90s',
  'hung_task.panic=false',
  'hung_task.check_interval=10s',
  'panic.on=[oops]',
  'panic.on=[]',
  'panic.on=[hardlockup, rcu_stall, unrecovered_nmi, warn]',
  'panic.reboot_after=never',
  'kdump.crashkernel=512M',
  'kdump.crashkernel=2G-4G:320M,4G-:512M',
  'kdump.keep=0',
  'crash.symbols=guest',
  'crash.symbols=none',
  'trace.headers=false',
  'trace.tools=[libbpf-tools]',
  'trace.watch.blocked=10s',
  'trace.watch=false',
  'sysrq=none',
  'sysrq=[sync, reboot]',
  'arm.when=always',
  'arm.after=5m',
  'sysctl.vm.swappiness=10',
];

/** A profile of ours, some settings changed, some sections left out. */
const wishes: fc.Arbitrary<Wishes> = fc.record({
  profile: fc.oneof(
    { weight: 3, arbitrary: fc.constant('debug-panic') },
    { weight: 1, arbitrary: fc.constantFrom(...profileNames()) },
  ),
  sets: fc.subarray(SETS, { maxLength: 5 }),
  skip: fc.subarray(['kdump', 'crash', 'trace', 'sysrq', 'hung_task', 'panic', 'arm'], { maxLength: 3 }),
});

export const desired: fc.Arbitrary<DesiredState> = wishes.map(desiredBy);

const SYSTEMS = [
  ['debian', '11', '5.10.0-35-amd64', 'amd64'],
  ['debian', '12', '6.1.0-56-amd64', 'amd64'],
  ['debian', '13', '6.12.107+deb13-arm64', 'arm64'],
  ['ubuntu', '24.04', '6.8.0-60-generic', 'amd64'],
  ['uos', '20', '4.19.0-arm64-desktop', 'arm64'],
] as const;

const SYSCTL_CONF = ['# site\n', 'kernel.panic = 0\n', 'kernel.sysrq=0\r\nvm.swappiness = 60\n', 'kernel/sysrq = 16'];
const OTHERS = [
  file('/etc/sysctl.d/99-local.conf', '# local\nkernel.panic=5\nkernel.sysrq = 1\n', '0600'),
  file('/etc/sysctl.d/10-early.conf', 'kernel.panic=30\n'),
  file('/etc/sysctl.d/60-provision-debug-panic.conf', '# somebody was here before\n', '0640'),
  file('/etc/provision/arm.conf', 'AFTER=7\n', '0600'),
  file('/etc/default/grub.d/kdump-tools.cfg', 'crashkernel=384M-:128M\n'),
];
const KDUMP_CONFIGS = [
  KDUMP_DEFAULT,
  'KDUMP_NUM_DUMPS=9\nKDUMP_NUM_DUMPS=3',
  '',
  '# only a comment\r\nUSE_KDUMP=0\r\n',
];

/** Guests of many kinds that preflight lets pass, nothing of ours applied; packages as asked for are there. */
export const facts: fc.Arbitrary<Facts> = fc
  .record({
    system: fc.constantFrom(...SYSTEMS),
    memTotalKiB: fc.integer({ min: 900 * 1024, max: 200 * MIB }),
    live: fc.dictionary(fc.constantFrom(...Object.keys(KERNEL_DEFAULTS)), fc.constantFrom('0', '1', '7', '60')),
    absent: fc.subarray(['kernel.hardlockup_panic', 'kernel.hung_task_all_cpu_backtrace', 'kernel.panic_on_warn']),
    sysctlConf: fc.constantFrom(...SYSCTL_CONF),
    linked: fc.boolean(),
    others: fc.subarray(OTHERS),
    kdumpConfig: fc.constantFrom(...KDUMP_CONFIGS),
    grub: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    reserved: fc.constantFrom(0, 0, 128, 512, 4096),
    loaded: fc.boolean(),
    sizes: fc.record({
      vmlinuzBytes: fc.option(fc.integer({ min: 4, max: 40 }).map((mib) => mib * MIB)),
      initrdBytes: fc.option(fc.integer({ min: 5, max: 300 }).map((mib) => mib * MIB)),
      kernelBytes: fc.option(fc.integer({ min: 15, max: 80 }).map((mib) => mib * MIB)),
      modulesBytes: fc.option(fc.integer({ min: 0, max: 150 }).map((mib) => mib * MIB)),
    }),
    missing: fc.subarray(['/etc/default/grub.d', '/etc/systemd/system/multi-user.target.wants', '/etc/sysctl.d']),
  })
  .map((given) => guestOf(given));

interface Given {
  readonly system: (typeof SYSTEMS)[number];
  readonly memTotalKiB: number;
  readonly live: Record<string, string>;
  readonly absent: readonly string[];
  readonly sysctlConf: string;
  readonly linked: boolean;
  readonly others: readonly ReturnType<typeof file>[];
  readonly kdumpConfig: string;
  readonly grub: boolean;
  readonly reserved: number;
  readonly loaded: boolean;
  readonly sizes: Partial<Facts['capture']>;
  readonly missing: readonly string[];
}

function guestOf(given: Given): Facts {
  const [id, versionId, release, arch] = given.system;
  const base = bareFacts();
  const held = given.others.map(({ path }) => path);
  const directories = { ...base.directories };
  for (const path of given.missing)
    if (!held.some((each) => each.startsWith(path))) Reflect.deleteProperty(directories, path);
  if (held.includes('/etc/provision/arm.conf')) directories['/etc/provision'] = true;
  const link = { ...file('/etc/sysctl.d/99-sysctl.conf', given.sysctlConf), link: true };
  const linked = given.linked && directories['/etc/sysctl.d'] === true;
  const files = filesOf(
    file('/etc/sysctl.conf', given.sysctlConf),
    file(KDUMP_CONFIG, given.kdumpConfig, '0640'),
    ...given.others,
    ...(linked ? [link] : []),
  );
  const gone = Object.fromEntries(given.absent.map((key) => [key, null]));
  const crashkernel = given.reserved === 0 ? '' : ` crashkernel=${given.reserved}M`;
  const generated = held.includes('/etc/default/grub.d/kdump-tools.cfg') ? ' crashkernel=384M-:128M' : '';
  return {
    ...base,
    os: { id, idLike: '', versionId, pretty: id },
    kernel: { release, version: '#1' },
    arch,
    memTotalKiB: given.memTotalKiB,
    sysctls: { ...base.sysctls, ...given.live, ...gone },
    files,
    directories,
    bootloader: given.grub ? 'grub' : 'none',
    cmdline: `root=UUID=1 ro${crashkernel}`,
    nextCmdline: given.grub ? `root=UUID=1 ro${generated}` : null,
    capture: { ...base.capture, ...given.sizes },
    kexec: { ...base.kexec, crashSize: given.reserved * MIB, crashLoaded: given.reserved > 0 && given.loaded },
  };
}

/** The same guest before its packages were there: apt has those that the profile asks for, but for one. */
export function asked(guest: Facts, wanted: DesiredState, unknownAt: number): Facts {
  const distribution = matchDistribution(shipped.distributions, guest.os);
  if (!distribution) return guest;
  const { names } = wantedPackages(wanted, distribution, guest.kernel.release);
  const missing = names.filter((name, index) => index !== unknownAt || !name.startsWith('linux-'));
  const unknown = names.filter((name) => !missing.includes(name));
  if (names.length === 0) return guest;
  const apt = aptFor(missing, { unknown });
  if (!missing.includes('kdump-tools')) return { ...guest, apt };
  const brought = [KDUMP_CONFIG, '/etc/default/grub.d/kdump-tools.cfg'];
  const files = Object.fromEntries(Object.entries(guest.files).filter(([path]) => !brought.includes(path)));
  const nextCmdline = guest.nextCmdline?.replace(/ crashkernel=\S+/, '') ?? null;
  return { ...guest, files, nextCmdline, apt };
}

import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { aptFor, bareFacts, KERNEL_DEFAULTS, MIB, PACKAGES } from './support/facts.ts';
import { carryOut, file, filesOf, gateOpens, reboot } from './support/guest-model.ts';
import { planText } from './support/plan-text.ts';
import { planFor, type Circumstances } from './support/planning.ts';

const os = (id: string, versionId: string, pretty: string): Facts['os'] => ({
  id,
  idLike: 'debian',
  versionId,
  pretty,
});

/** A fresh guest of a distribution: everything is missing, and apt has it all. */
function fresh(id: string, versionId: string, release: string, changes: Partial<Facts> = {}): Facts {
  return bareFacts({
    os: os(id, versionId, `${id} ${versionId}`),
    kernel: { release, version: '#1 SMP' },
    arch: release.includes('arm64') ? 'arm64' : 'amd64',
    apt: aptFor([...PACKAGES, `linux-headers-${release}`]),
    ...changes,
  });
}

const DISTRIBUTIONS: Readonly<Record<string, Facts>> = {
  'debian-11': fresh('debian', '11', '5.10.0-35-amd64'),
  'debian-12': fresh('debian', '12', '6.1.0-56-amd64'),
  'debian-13': fresh('debian', '13', '6.12.107+deb13-amd64', {
    sysctls: { ...KERNEL_DEFAULTS, 'kernel.sysrq': '176' },
  }),
  'debian-13-arm64': fresh('debian', '13', '6.12.107+deb13-arm64'),
  'ubuntu-20.04': fresh('ubuntu', '20.04', '5.4.0-216-generic'),
  'ubuntu-22.04': fresh('ubuntu', '22.04', '5.15.0-139-generic'),
  'ubuntu-24.04': fresh('ubuntu', '24.04', '6.8.0-60-generic'),
  'uos-20-arm64': fresh('uos', '20', '4.19.0-arm64-desktop', {
    sysctls: { ...KERNEL_DEFAULTS, 'kernel.hung_task_all_cpu_backtrace': null },
  }),
  'deepin-20': fresh('Deepin', '20.9', '5.15.77-amd64-desktop'),
  'deepin-23': fresh('deepin', '23', '6.6.84-amd64-desktop-hwe'),
};

const bare = DISTRIBUTIONS['debian-12']!;
const ready = bareFacts({
  files: filesOf(file('/etc/default/kdump-tools', '# kept\nUSE_KDUMP=0\n#KDUMP_NUM_DUMPS=\n')),
});
const conflicts = bareFacts({
  files: filesOf(
    file('/etc/sysctl.conf', '# site\nkernel.panic = 0\nvm.swappiness = 10\nkernel.sysrq=0\n'),
    {
      ...file('/etc/sysctl.d/99-sysctl.conf', '# site\nkernel.panic = 0\nvm.swappiness = 10\nkernel.sysrq=0\n'),
      link: true,
    },
    file('/usr/lib/sysctl.d/99-vendor.conf', 'kernel.hung_task_timeout_secs = 300\n'),
  ),
});
const applied = carryOut(bare, planFor(bare));
const converged = gateOpens(reboot(applied, KERNEL_DEFAULTS));
const unloaded: Facts = { ...converged, kexec: { ...converged.kexec, crashLoaded: false } };
const without = (key: string, facts: Facts): Facts => ({ ...facts, sysctls: { ...facts.sysctls, [key]: null } });

/** Each state of a guest that is worth a look: facts, and what was asked for. */
const STATES: Readonly<Record<string, readonly [Facts, Circumstances?]>> = {
  'packages-already-there': [ready],
  'no-systemd': [{ ...ready, init: 'busybox', units: {} }],
  'no-systemd-arm-always': [{ ...ready, init: 'busybox', units: {} }, { sets: ['arm.when=always'] }],
  'no-grub': [{ ...ready, bootloader: 'none', nextCmdline: null }],
  container: [{ ...ready, container: 'lxc', bootloader: 'none', nextCmdline: null }],
  'cloud-kernel': [
    { ...ready, kernel: { release: '6.1.0-56-cloud-amd64', version: '#1 SMP' }, drivers: ['virtio_net'] },
  ],
  'arm64-secure-boot': [fresh('debian', '12', '6.1.0-56-arm64', { secureBoot: true })],
  'ram-512-mib': [{ ...ready, memTotalKiB: 480_000 }],
  'disk-too-small': [{ ...bare, disks: [{ path: '/', totalKiB: 2_000_000, freeKiB: 20_000 }] }],
  'no-package-for-headers': [{ ...bare, apt: aptFor(PACKAGES, { unknown: ['linux-headers-6.1.0-56-amd64'] }) }],
  'ubuntu-symbols-unknown': [
    { ...DISTRIBUTIONS['ubuntu-22.04']!, apt: aptFor([], { unknown: ['linux-image-5.15.0-139-generic-dbgsym'] }) },
    { sets: ['crash.symbols=guest'] },
  ],
  'no-package-lists': [{ ...bare, apt: aptFor(PACKAGES, { freshLists: true }) }],
  'apt-cannot-say': [
    {
      ...bare,
      apt: aptFor(PACKAGES, { actions: [], fetchBytes: null, diskBytes: null, error: 'held broken packages' }),
    },
  ],
  'dpkg-interrupted': [{ ...ready, dpkgInterrupted: true }],
  'no-hardlockup-detector': [
    without('kernel.hardlockup_panic', ready),
    { sets: ['panic.on=[oops, hardlockup, unrecovered_nmi]'] },
  ],
  'masked-arm-unit': [
    {
      ...ready,
      units: {
        'provision-arm.service': {
          load: 'masked',
          active: 'inactive',
          sub: 'dead',
          enabled: 'masked',
          result: 'success',
        },
      },
    },
  ],
  'sysctl-conf-conflict': [conflicts],
  'sysctl-conf-adopted': [conflicts, { adopt: true }],
  'reservation-held': [
    {
      ...ready,
      cmdline: 'BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro crashkernel=512M',
      nextCmdline: 'root=UUID=1 ro crashkernel=512M',
      kexec: { ...ready.kexec, crashSize: 512 * MIB, crashLoaded: true },
    },
  ],
  'applied-not-rebooted': [applied],
  'rebooted-and-waiting': [reboot(applied, KERNEL_DEFAULTS)],
  converged: [converged],
  'converged-and-drifted': [
    {
      ...converged,
      sysctls: { ...converged.sysctls, 'kernel.sysrq': '0', 'kernel.panic_on_oops': '0' },
      files: { ...converged.files, ...filesOf(file('/etc/provision/arm.conf', 'AFTER=0\n')) },
    },
  ],
  'breaker-refused': [
    {
      ...reboot(applied, KERNEL_DEFAULTS),
      arm: { state: 'refused', reason: 'breaker: 3 crashes within 3600 s; staying disarmed', bootId: converged.bootId },
    },
  ],
  'sizes-known': [
    {
      ...ready,
      physicalKiB: 2_096_495,
      cmdline: `${ready.cmdline} crashkernel=384M-:128M`,
      nextCmdline: 'root=UUID=1 ro quiet splash crashkernel=384M-:128M',
      capture: {
        ...ready.capture,
        vmlinuzBytes: 9 * MIB,
        kernelBytes: 31 * MIB,
        initrdBytes: 29 * MIB,
        modulesBytes: 41 * MIB,
      },
    },
  ],
  'crashkernel-too-small': [ready, { sets: ['kdump.crashkernel=128M'] }],
  'crash-kernel-not-loaded': [unloaded],
  'crash-kernel-without-initrd': [
    { ...converged, capture: { ...converged.capture, captureInitrdBytes: null, initrdLink: '/nowhere' } },
  ],
  'reservation-failed': [{ ...unloaded, kexec: { ...unloaded.kexec, crashSize: 0 } }],
  'reboot-by-kexec': [
    { ...ready, files: { ...ready.files, ...filesOf(file('/etc/default/kexec', 'LOAD_KEXEC=true\n')) } },
  ],
  'not-root-and-unknown': [{ ...ready, uid: 1000, etcWritable: false, os: os('arch', '', 'Arch Linux') }],
  'another-profile-after-it': [converged, { profile: 'sysrq' }],
};

const golden = (name: string): string => `../golden/plan/${name}.txt`;
const check = async (name: string, plan: Plan): Promise<void> => {
  await expect(planText(plan)).toMatchFileSnapshot(golden(name));
};

describe('debug-panic on a fresh guest of', () => {
  it.each(Object.keys(DISTRIBUTIONS))('%s', async (name) => {
    await check(name, planFor(DISTRIBUTIONS[name]!));
  });
});

describe('debug-panic where there is', () => {
  it.each(Object.keys(STATES))('%s', async (name) => {
    const [facts, circumstances] = STATES[name]!;
    await check(name, planFor(facts, circumstances));
  });
});

describe('rollback', () => {
  it.each([false, true])('with purge %s', async (purge) => {
    await check(purge ? 'rollback-purge' : 'rollback', planRollback('vm1', converged, { purge }));
  });
});

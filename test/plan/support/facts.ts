import type { AptFacts, CaptureFacts, Facts } from '../../../src/facts/facts.ts';
import { file, filesOf } from './guest-model.ts';

/** What the kernel of a fresh guest has live. */
export const KERNEL_DEFAULTS: Readonly<Record<string, string | null>> = {
  'kernel.sysrq': '438',
  'kernel.panic': '0',
  'kernel.panic_on_oops': '0',
  'kernel.panic_on_warn': '0',
  'kernel.panic_on_rcu_stall': '0',
  'kernel.panic_on_unrecovered_nmi': '0',
  'kernel.softlockup_panic': '0',
  'kernel.hardlockup_panic': '0',
  'kernel.hung_task_panic': '0',
  'kernel.hung_task_timeout_secs': '120',
  'kernel.hung_task_check_interval_secs': '0',
  'kernel.hung_task_warnings': '10',
  'kernel.hung_task_all_cpu_backtrace': '0',
  'vm.panic_on_oom': '0',
  'vm.swappiness': '60',
};

const DIRECTORIES = [
  '/etc',
  '/etc/default',
  '/etc/default/grub.d',
  '/etc/sysctl.d',
  '/etc/systemd',
  '/etc/systemd/system',
  '/etc/systemd/system/multi-user.target.wants',
  '/usr',
  '/usr/local',
  '/usr/local/lib',
];

const BOOT_ID = '11111111-2222-3333-4444-555555555555';
export const MIB = 1024 * 1024;

/** A guest that tells nothing of what its capture kernel is made of. */
export const NO_CAPTURE: CaptureFacts = {
  vmlinuzBytes: null,
  initrdBytes: null,
  captureInitrdBytes: null,
  kernelBytes: null,
  modulesBytes: null,
  kernelLink: null,
  initrdLink: null,
  initrdThere: false,
};

/** A Debian 12 virtio_gpu guest with nothing of ours on it. */
export function bareFacts(changes: Partial<Facts> = {}): Facts {
  return {
    hostname: 'vm1',
    machineId: 'aaaabbbbccccddddeeeeffff00001111',
    uid: 0,
    os: { id: 'debian', idLike: '', versionId: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
    kernel: { release: '6.1.0-56-amd64', version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)' },
    arch: 'amd64',
    bootId: BOOT_ID,
    uptimeSeconds: 1000,
    memTotalKiB: 2_014_000,
    physicalKiB: null,
    init: 'systemd',
    container: null,
    drivers: ['virtio_blk', 'virtio_gpu', 'virtio_net'],
    cmdline: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=UUID=1 ro quiet',
    nextCmdline: 'root=UUID=1 ro quiet',
    bootloader: 'grub',
    secureBoot: false,
    lockdown: null,
    kexec: { crashLoaded: false, crashSize: 0, loaded: false, loadDisabled: false },
    capture: NO_CAPTURE,
    readiness: { state: 'not-reserved', reason: '', hint: null },
    captureKernel: false,
    evidence: 0,
    crashDirs: [],
    disks: [{ path: '/', totalKiB: 20_000_000, freeKiB: 15_000_000 }],
    etcWritable: true,
    sysctls: { ...KERNEL_DEFAULTS },
    files: filesOf(file('/usr/lib/sysctl.d/50-default.conf', '# systemd\nkernel.sysrq = 0x01b6\n')),
    directories: Object.fromEntries(DIRECTORIES.map((path) => [path, true])),
    packages: {},
    dpkgInterrupted: false,
    apt: null,
    units: {
      'provision-arm.service': { load: 'not-found', active: 'inactive', sub: 'dead', enabled: '', result: 'success' },
      'provision-watch.service': { load: 'not-found', active: 'inactive', sub: 'dead', enabled: '', result: 'success' },
    },
    arm: { state: 'none', reason: '', bootId: BOOT_ID },
    state: null,
    pending: null,
    job: null,
    ...changes,
  };
}

/** The names that debug-panic asks apt for, as they are called almost everywhere. */
export const PACKAGES = [
  'kdump-tools',
  'kexec-tools',
  'makedumpfile',
  'initramfs-tools',
  'crash',
  'bpftrace',
  'bpfcc-tools',
];

/** What apt says about missing packages. */
export function aptFor(missing: readonly string[], changes: Partial<AptFacts> = {}): AptFacts {
  return {
    missing,
    unknown: [],
    actions: missing.map((name) => ({ action: 'install', name, version: '1.0-1' })),
    fetchBytes: missing.length * 1_000_000,
    diskBytes: missing.length * 4_000_000,
    error: null,
    freshLists: false,
    ...changes,
  };
}

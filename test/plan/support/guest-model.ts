import type { FileFact, Facts } from '../../../src/facts/facts.ts';
import { sha256 } from '../../../src/facts/files.ts';
import { formatState } from '../../../src/facts/state.ts';
import { STATE_FILE } from '../../../src/facts/parse.ts';
import { backupOf } from '../../../src/plan/before.ts';
import { withCrashkernel, crashkernelsOf } from '../../../src/plan/crashkernel.ts';
import type { Plan, Step } from '../../../src/plan/plan.ts';
import { executed } from '../../../src/plan/script.ts';
import { editKeys } from '../../../src/plan/shell-keys.ts';

export const KDUMP_DEFAULT = '# kdump-tools configuration\nUSE_KDUMP=1\n#KDUMP_NUM_DUMPS=\n#KDUMP_CMDLINE_APPEND="irqpoll"\n';

export function file(path: string, text: string, mode = '0644'): FileFact {
  return { path, text, sha256: sha256(text), mode, uid: 0, gid: 0, link: false };
}

/** A Debian 12 virtio_gpu guest with nothing of ours on it. */
export function bareFacts(changes: Partial<Facts> = {}): Facts {
  return {
    hostname: 'vm1',
    machineId: 'aaaabbbbccccddddeeeeffff00001111',
    uid: 0,
    os: { id: 'debian', idLike: '', versionId: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
    kernel: { release: '6.1.0-56-amd64', version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)' },
    arch: 'amd64',
    bootId: '11111111-2222-3333-4444-555555555555',
    uptimeSeconds: 1000,
    memTotalKiB: 2_014_000,
    init: 'systemd',
    container: null,
    drivers: ['virtio_blk', 'virtio_gpu', 'virtio_net'],
    cmdline: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=UUID=1 ro quiet',
    nextCmdline: 'root=UUID=1 ro quiet crashkernel=384M-:128M',
    bootloader: 'grub',
    secureBoot: false,
    lockdown: null,
    kexec: { crashLoaded: false, crashSize: 0, loaded: false, loadDisabled: false },
    captureKernel: false,
    crashDirs: [],
    disks: [{ path: '/', totalKiB: 20_000_000, freeKiB: 15_000_000 }],
    etcWritable: true,
    sysctls: {
      'kernel.sysrq': '438',
      'kernel.panic': '0',
      'kernel.panic_on_oops': '0',
      'kernel.panic_on_warn': '0',
      'kernel.softlockup_panic': '0',
      'kernel.hung_task_panic': '0',
      'kernel.hung_task_timeout_secs': '120',
      'kernel.hung_task_warnings': '10',
      'kernel.hung_task_all_cpu_backtrace': '0',
      'vm.panic_on_oom': '0',
    },
    files: {
      '/usr/lib/sysctl.d/50-default.conf': file('/usr/lib/sysctl.d/50-default.conf', '# systemd\nkernel.sysrq = 0x01b6\n'),
    },
    directories: { '/etc': true, '/etc/default': true, '/etc/sysctl.d': true, '/etc/systemd/system': true, '/usr/local/lib': true },
    packages: {},
    dpkgInterrupted: false,
    apt: null,
    units: { 'provision-arm.service': { load: 'not-found', active: 'inactive', sub: 'dead', enabled: '', result: 'success' } },
    arm: { state: 'none', reason: '', bootId: '11111111-2222-3333-4444-555555555555' },
    state: null,
    pending: null,
    job: null,
    ...changes,
  };
}

/** What the guest's own script does, on facts. Kept as plain as the script: one line for a kind of step. */
export function carryOut(facts: Facts, plan: Plan): Facts {
  return executed(plan).reduce<Facts>((now, step) => carryOutStep(keepOriginals(now, plan), step), facts);
}

function keepOriginals(facts: Facts, plan: Plan): Facts {
  const state = executed(plan).find((step) => step.kind === 'state');
  if (plan.goal !== 'apply' || !state?.after) return facts;
  const files = { ...facts.files };
  for (const [path, before] of Object.entries(state.after.before.files)) {
    const found = files[path];
    if (before === 'backup' && found && !files[backupOf(path)]) files[backupOf(path)] = { ...found, path: backupOf(path) };
  }
  return { ...facts, files };
}

function carryOutStep(facts: Facts, step: Step): Facts {
  switch (step.kind) {
    case 'file': {
      const { [step.path]: before, ...others } = facts.files;
      if (step.after === null) return { ...facts, files: others };
      const { from, ...after } = step.after;
      const copied = from === undefined ? {} : { ...facts.files[from] };
      return { ...facts, files: { ...others, [step.path]: { ...copied, ...after, path: step.path, link: before?.link ?? false } } };
    }
    case 'keys': {
      const text = editKeys(facts.files[step.path]?.text ?? '', step.keys);
      return { ...facts, files: { ...facts.files, [step.path]: file(step.path, text) } };
    }
    case 'package': {
      const files = { ...facts.files };
      if (step.names.includes('kdump-tools') && step.action === 'install') {
        files['/etc/default/kdump-tools'] ??= file('/etc/default/kdump-tools', KDUMP_DEFAULT);
        files[backupOf('/etc/default/kdump-tools')] ??= file(backupOf('/etc/default/kdump-tools'), KDUMP_DEFAULT);
      }
      return { ...facts, files, apt: facts.apt && { ...facts.apt, missing: [], actions: [] }, dpkgInterrupted: false };
    }
    case 'sysctl':
      return { ...facts, sysctls: { ...facts.sysctls, [step.key]: step.after } };
    case 'cmdline': {
      const value = crashkernelsOf(step.after).at(-1);
      return value === undefined ? facts : { ...facts, nextCmdline: withCrashkernel(facts.nextCmdline ?? '', value) };
    }
    case 'unit': {
      const on = step.actions.includes('start') || step.actions.includes('restart') || step.actions.includes('enable');
      const fact = { load: 'loaded', active: on ? 'active' : 'inactive', sub: '', enabled: on ? 'enabled' : 'disabled', result: 'success' };
      return { ...facts, units: { ...facts.units, [step.unit]: fact }, arm: on ? { ...facts.arm, state: 'waiting' } : facts.arm };
    }
    case 'state': {
      const { [STATE_FILE]: _gone, ...others } = facts.files;
      const files = step.after === null ? others : { ...others, [STATE_FILE]: file(STATE_FILE, formatState(step.after)) };
      const made = new Set(step.after?.before.directories);
      const directories = Object.fromEntries([...Object.keys(facts.directories), ...made].map((path) => [path, true]));
      return { ...facts, state: step.after, pending: null, files, directories };
    }
    case 'armed':
    case 'reboot':
      return facts;
  }
}

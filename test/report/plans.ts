import type { Event, Outcome } from '../../src/events.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { createReporter, type ReporterOptions } from '../../src/report/reporter.ts';

const KDUMP_BEFORE = `# kdump-tools configuration
USE_KDUMP=1
#KDUMP_NUM_DUMPS=

KDUMP_COREDIR="/var/crash"
`;

const STEPS: readonly Step[] = [
  {
    id: 'package:install',
    kind: 'package',
    risk: 'service',
    undo: 'kept by rollback, removed by rollback --purge',
    action: 'install',
    names: ['kdump-tools', 'kexec-tools', 'makedumpfile'],
    actions: [
      { action: 'install', name: 'kdump-tools', version: '1:1.8.1' },
      { action: 'install', name: 'kexec-tools', version: '1:2.0.25-3+b1' },
      { action: 'install', name: 'makedumpfile', version: '1:1.7.2-1' },
      { action: 'install', name: 'libdw1', version: '0.188-2.1' },
      { action: 'install', name: 'libsnappy1v5', version: '1.1.9-3' },
      { action: 'upgrade', name: 'libelf1', from: '0.188-2', version: '0.188-2.1' },
    ],
    fetchBytes: 12_400_000,
    diskBytes: 41_200_000,
    preseed: ['kexec-tools kexec-tools/load_kexec boolean false'],
    repair: false,
    refresh: false,
  },
  {
    id: 'file:/etc/default/kdump-tools',
    kind: 'file',
    risk: 'none',
    undo: 'restored from its backup',
    path: '/etc/default/kdump-tools',
    before: { sha256: 'a', text: KDUMP_BEFORE },
    after: {
      text: KDUMP_BEFORE.replace('#KDUMP_NUM_DUMPS=', 'KDUMP_NUM_DUMPS=5'),
      sha256: 'b',
      mode: '0644',
      uid: 0,
      gid: 0,
    },
  },
  {
    id: 'file:/usr/local/lib/provision/arm',
    kind: 'file',
    risk: 'none',
    undo: 'removed',
    note: 'the gate: arms only once kdump is ready',
    path: '/usr/local/lib/provision/arm',
    before: null,
    after: { text: '#!/bin/sh\nset -eu\n', sha256: 'c', mode: '0755', uid: 0, gid: 0 },
  },
  {
    id: 'cmdline:crashkernel',
    kind: 'cmdline',
    risk: 'reboot',
    undo: 'the drop-in is removed and grub.cfg is generated again',
    before: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet crashkernel=384M-:128M',
    after: 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet crashkernel=256M',
    generated: null,
    sum: 'kernel 54 + initrd 70 + userspace 96 + bitmaps 2, rounded up to 64',
  },
  {
    id: 'reboot:crashkernel',
    kind: 'reboot',
    risk: 'reboot',
    undo: 'none',
    reason: 'crashkernel=256M is reserved at boot',
  },
];

const ARMED: readonly Step[] = [
  {
    id: 'sysctl:kernel.sysrq',
    kind: 'sysctl',
    risk: 'none',
    undo: 'set back to 438',
    key: 'kernel.sysrq',
    before: '438',
    after: '1',
    boot: { file: '/usr/lib/sysctl.d/50-default.conf', line: 12, value: '438' },
  },
  {
    id: 'unit:provision-arm.service',
    kind: 'unit',
    risk: 'panic',
    undo: 'stopped, disabled, removed',
    note: 'arms once a crash kernel is loaded and the guest is up for 2 min; stays disarmed after 3 crashes in 1 h',
    unit: 'provision-arm.service',
    actions: ['reload', 'enable', 'start'],
    before: 'absent',
    after: 'enabled, active',
  },
  {
    id: 'armed:kernel.hung_task_panic',
    kind: 'armed',
    risk: 'panic',
    undo: 'set back to 0',
    key: 'kernel.hung_task_panic',
    before: '0',
    after: '1',
  },
  {
    id: 'armed:kernel.hung_task_timeout_secs',
    kind: 'armed',
    risk: 'panic',
    undo: 'set back to 120',
    key: 'kernel.hung_task_timeout_secs',
    before: '120',
    after: '60',
  },
  {
    id: 'armed:kernel.panic_on_warn',
    kind: 'armed',
    risk: 'panic',
    undo: 'set back to 0',
    note: 'any driver WARN panics the guest',
    key: 'kernel.panic_on_warn',
    before: '0',
    after: '1',
  },
  {
    id: 'state',
    kind: 'state',
    risk: 'none',
    undo: 'removed',
    after: null,
  },
];

/** A plan as debug-panic makes it for a fresh guest. */
export function fullPlan(guest: string, changes: Partial<Plan> = {}): Plan {
  return {
    format: 1,
    goal: 'apply',
    guest,
    profile: 'debug-panic',
    system: 'Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu',
    findings: [
      {
        level: 'skipped',
        code: 'sysctl-absent',
        subject: 'kernel.hardlockup_panic',
        text: 'no hard lockup detector in this KVM guest',
        hint: 'drop panic.on hardlockup from the profile for this guest',
      },
      {
        level: 'conflict',
        code: 'boot-conflict',
        subject: 'kernel.panic',
        text: '/etc/sysctl.d/99-sysctl.conf:4 (a link to /etc/sysctl.conf) sets 0 and wins at the next boot',
        hint: '--adopt comments it out and keeps a backup',
      },
      {
        level: 'note',
        code: 'symbols-controller',
        subject: 'debug symbols',
        text: 'linux-image-6.1.0-56-amd64-dbg stays off the guest; the controller fetches it when a dump is read',
      },
    ],
    stages: [
      { title: 'install and reserve', steps: STEPS },
      { title: 'once kdump is ready', steps: ARMED },
    ],
    preconditions: { machineId: `id-of-${guest}`, kernel: '6.1.0-56-amd64', files: {}, sysctls: {} },
    hash: `hash-of-${guest}`,
    ...changes,
  };
}

/** The plan of a guest that is as the profile wants it. */
export function emptyPlan(guest: string): Plan {
  return fullPlan(guest, { findings: [], stages: [] });
}

export function finished(guest: string, outcome: Outcome, changes = 0, ms = 4100): Event {
  return { kind: 'guest.finished', guest, outcome, changes, ms };
}

interface Shown {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run looks like: its events put through a reporter, with a clock that stands still. */
export function show(events: readonly Event[], options: Partial<ReporterOptions> = {}): Shown {
  let stdout = '';
  let stderr = '';
  const reporter = createReporter({
    mode: 'terminal',
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    color: false,
    tty: false,
    verbosity: 0,
    command: 'apply',
    clock: { now: () => Date.UTC(2024, 0, 2, 3, 4, 5), every: () => () => undefined },
    ...options,
  });
  for (const event of events) reporter.emit(event);
  reporter.finish();
  return { stdout, stderr };
}

/** The events of a run over guests that each have a plan, and their ends. */
export function runEvents(plans: readonly Plan[], ends: readonly Event[], dryRun: boolean, command = 'apply'): Event[] {
  const guests = ends.flatMap((event) => (event.kind === 'guest.finished' ? [event.guest] : []));
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const event of ends) {
    if (event.kind === 'guest.finished') outcomes[event.outcome] = (outcomes[event.outcome] ?? 0) + 1;
  }
  return [
    { kind: 'run.started', command, profile: 'debug-panic', guests },
    ...plans.map((plan): Event => ({ kind: 'guest.plan', guest: plan.guest, plan, dryRun })),
    ...ends,
    { kind: 'run.finished', outcomes, exitCode: 0, ms: 4100 },
  ];
}

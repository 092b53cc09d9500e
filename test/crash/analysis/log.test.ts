import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLogLines } from '../../../src/crash/analysis/log/line.ts';
import { readKernelLog } from '../../../src/crash/analysis/log/read-log.ts';
import { fixture } from '../support/fixture.ts';

const names = (stack: readonly { function: string; module: string | null }[]): string[] =>
  stack.map(({ function: name, module }) => (module === null ? name : `${name} [${module}]`));

describe('readLogLines', () => {
  it.each([
    ['[  242.735562] INFO: x', { seconds: 242.735562, caller: '', text: 'INFO: x' }],
    ['[  242.735562][   T37] INFO: x', { seconds: 242.735562, caller: 'T37', text: 'INFO: x' }],
    ['[    0.000000][    C1]  <IRQ>', { seconds: 0, caller: 'C1', text: ' <IRQ>' }],
    ['<3>[  242.7] INFO: x', { seconds: 242.7, caller: '', text: 'INFO: x' }],
    ['[Tue Nov 24 17:21:22 2026] INFO: x', { seconds: null, caller: '', text: 'INFO: x' }],
    ['INFO: x', { seconds: null, caller: '', text: 'INFO: x' }],
    ['', { seconds: null, caller: '', text: '' }],
  ])('reads %j', (line, read) => {
    expect(readLogLines(line)).toEqual([read]);
  });
});

describe('readKernelLog', () => {
  it('reads a hung task and the panic that it led to', () => {
    const log = readKernelLog(fixture('hung-task.dmesg'));
    expect(log).toMatchObject({
      release: '6.1.0-56-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
      taint: [],
      panic: { reason: 'hung_task: blocked tasks', task: { pid: 23, comm: 'khungtaskd', cpu: 0 } },
    });
    const [hung] = log.reports;
    expect(hung).toMatchObject({ kind: 'hung_task', task: { pid: 471, comm: 'Xorg' }, blockedSeconds: 20 });
    expect(names(hung!.stack)).toEqual([
      '__schedule',
      'schedule',
      'percpu_rwsem_wait',
      '__percpu_down_read',
      'mnt_want_write',
      'path_openat',
      'do_filp_open',
      'do_sys_openat2',
      '__x64_sys_openat',
      'do_syscall_64',
      'entry_SYSCALL_64_after_hwframe',
    ]);
    expect(names(log.panic!.stack).slice(0, 3)).toEqual(['dump_stack_lvl', 'panic', 'watchdog.cold']);
  });

  it('reads a crash on request', () => {
    const log = readKernelLog(fixture('sysrq.dmesg'));
    expect(log.panic).toMatchObject({ reason: 'sysrq triggered crash', task: { pid: 1989, comm: 'sh', cpu: 0 } });
    expect(log.reports).toMatchObject([{ kind: 'sysrq', headline: 'sysrq: Trigger a crash' }]);
  });

  it('reads what 4.19 on arm64 prints', () => {
    const log = readKernelLog(`[ 1209.123456] INFO: task Xorg:1458 blocked for more than 120 seconds.
[ 1209.123460]       Tainted: G        W  OE     4.19.0-arm64-desktop #6010
[ 1209.123463] "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
[ 1209.123466] Xorg            D    0  1458   1411 0x00000000
[ 1209.123470] Call trace:
[ 1209.123474]  __switch_to+0xe4/0x148
[ 1209.123478]  __flush_work.isra.8+0x134/0x1b8
[ 1209.123482]  ttm_pool_populate+0x108/0x4e8 [ttm]
[ 1209.123486]  virtio_gpu_object_create+0x1ac/0x2a0 [virtio_gpu]
[ 1209.223486] usb 1-1: new device+0x1 appeared`);
    expect(log.reports).toHaveLength(1);
    expect(log.reports[0]).toMatchObject({ task: { pid: 1458, comm: 'Xorg' }, blockedSeconds: 120 });
    expect(names(log.reports[0]!.stack)).toEqual([
      '__switch_to',
      '__flush_work.isra.8',
      'ttm_pool_populate [ttm]',
      'virtio_gpu_object_create [virtio_gpu]',
    ]);
    expect([log.release, log.taint]).toEqual(['4.19.0-arm64-desktop', ['W', 'O', 'E']]);
  });

  it('tells two CPUs apart where lines carry their caller', () => {
    const log = readKernelLog(`[    5.1][   T37] INFO: task a b:11 blocked for more than 20 seconds.
[    5.1][   T40] INFO: task c:22 blocked for more than 40 seconds.
[    5.1][   T37] Call Trace:
[    5.1][   T40] Call Trace:
[    5.1][   T40]  forty+0x1/0x2
[    5.1][   T37]  thirty_seven+0x1/0x2
[    5.1][   T37]  ? unsure+0x1/0x2
[    5.1][   T40]  forty_one+0x1/0x2 [drm]`);
    expect(log.reports.map(({ task, stack }) => [task?.comm, names(stack)])).toEqual([
      ['a b', ['thirty_seven']],
      ['c', ['forty', 'forty_one [drm]']],
    ]);
  });

  it('passes over lines in between where they do not', () => {
    const log = readKernelLog(`[    5.1] INFO: task Xorg:11 blocked for more than 20 seconds.
[    5.1] Call Trace:
[    5.2]  schedule+0x1/0x2
[    5.2] virtio_net virtio0 eth0: link is up
[    5.2]  io_schedule+0x1/0x2
[    5.2]  </TASK>
[    5.3]  stray+0x1/0x2`);
    expect(names(log.reports[0]!.stack)).toEqual(['schedule', 'io_schedule']);
  });

  it('takes the lines of one oops together, with the function that failed on top', () => {
    const log = readKernelLog(`[   50.1] BUG: kernel NULL pointer dereference, address: 0000000000000008
[   50.1] #PF: supervisor read access in kernel mode
[   50.1] Oops: 0000 [#1] PREEMPT SMP NOPTI
[   50.1] CPU: 1 PID: 512 Comm: Xorg Tainted: G           OE      6.1.0-56-amd64 #1  Debian 6.1.192-2
[   50.1] RIP: 0010:drm_gem_shmem_get_pages+0x12/0x90 [drm_shmem_helper]
[   50.1] Call Trace:
[   50.1]  <TASK>
[   50.1]  drm_ioctl+0x20/0x30 [drm]
[   50.1]  </TASK>
[   50.1] ---[ end trace 0000000000000000 ]---
[   50.1] RIP: 0010:drm_gem_shmem_get_pages+0x12/0x90 [drm_shmem_helper]
[   50.2] Kernel panic - not syncing: Fatal exception`);
    expect(log.reports).toHaveLength(1);
    expect(log.reports[0]).toMatchObject({ kind: 'oops', task: { pid: 512, comm: 'Xorg' } });
    expect(names(log.reports[0]!.stack)).toEqual(['drm_gem_shmem_get_pages [drm_shmem_helper]', 'drm_ioctl [drm]']);
    expect(log.panic?.reason).toBe('Fatal exception');
    expect(log.taint).toEqual(['O', 'E']);
  });

  it.each([
    [
      'watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [kworker/3:1:77]',
      'soft_lockup',
      { pid: 77, comm: 'kworker/3:1' },
    ],
    ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 2', 'hard_lockup', null],
    ['watchdog: CPU 59 Hard LOCKUP', 'hard_lockup', null],
    ['Watchdog CPU:59 Hard LOCKUP', 'hard_lockup', null],
    ['watchdog: CPU 59 self-detected hard LOCKUP @ plpar_hcall_norets+0x1c/0x28', 'hard_lockup', null],
    ['rcu: INFO: rcu_preempt self-detected stall on CPU', 'rcu_stall', null],
    ['Xorg invoked oom-killer: gfp_mask=0x100cca, order=0, oom_score_adj=0', 'oom', null],
    ['kernel BUG at mm/slub.c:305!', 'bug', null],
    ['WARNING: CPU: 0 PID: 1 at drivers/gpu/drm/x.c:1 y+0x1/0x2', 'warning', null],
    ['Internal error: Oops: 0000000096000005 [#1] SMP', 'oops', null],
    ['sysrq: Show Blocked State', 'sysrq', null],
    [
      'task:Xorg            state:D stack:0     pid:1458  ppid:1      flags:0x00000002',
      'task_state',
      { pid: 1458, comm: 'Xorg' },
    ],
    [
      'task:Xorg state:D stack:0 pid:1458 tgid:1458 ppid:1 task_flags:0x400100 flags:0x00004002',
      'task_state',
      { pid: 1458, comm: 'Xorg' },
    ],
  ])('knows %j', (text, kind, task) => {
    expect(readKernelLog(`[    1.0] ${text}`).reports).toMatchObject([{ kind, task }]);
  });

  it.each([
    ['Not tainted', []],
    ['Tainted: G        W  OE    ', ['W', 'O', 'E']],
    ['Tainted: P           O      ', ['P', 'O']],
    ['Tainted: [W]=WARN, [O]=OOT_MODULE', ['W', 'O']],
  ])('reads "%s"', (text, letters) => {
    const line = `CPU: 0 UID: 0 PID: 1 Comm: a b ${text} 6.12.48+deb13-amd64 #1`;
    const log = readKernelLog(`[    1.0] WARNING: x\n[    1.0] ${line}`);
    expect([log.taint, log.release, log.reports[0]!.task?.comm]).toEqual([letters, '6.12.48+deb13-amd64', 'a b']);
  });

  it('survives anything', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '[    1.0] ',
        'INFO: task ',
        ':1 blocked for more than 2 seconds',
        'Call Trace:',
        '\n',
        '</TASK>',
        ' a+0x1/0x2',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { reports } = readKernelLog(pieces.join(''));
        expect(JSON.parse(JSON.stringify(reports))).toEqual(reports);
      }),
    );
  });
});

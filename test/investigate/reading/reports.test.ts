import { describe, expect, it } from 'vitest';
import { readTraces } from '../../../src/investigate/reading/read-traces.ts';
import { shortly } from './support.ts';

/** A report of khungtaskd as a kernel of 6.16 and later writes it. */
const HUNG = `INFO: task Xorg:1458 blocked for more than 241 seconds.
      Not tainted 6.16.3-amd64 #1 Debian 6.16.3-1
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:Xorg            state:D stack:0     pid:1458  tgid:1458  ppid:1400   task_flags:0x400100 flags:0x00004002
Call Trace:
 <TASK>
 __schedule+0x425/0x9f0
 schedule+0x27/0xd0
 schedule_preempt_disabled+0x15/0x30
 ? __pfx_mutex_spin+0x10/0x10
 __mutex_lock.constprop.0+0x379/0x6a0
 drm_ioctl+0x26d/0x4b0 [drm 0123456789abcdef0123456789abcdef01234567]
 __x64_sys_ioctl+0x94/0xd0
 do_syscall_64+0x82/0x190
 entry_SYSCALL_64_after_hwframe+0x76/0x7e
RIP: 0033:0x7f1e2a1b04ad
RSP: 002b:00007ffd7d1a9f70 EFLAGS: 00000246 ORIG_RAX: 0000000000000010
RAX: ffffffffffffffda RBX: 0000564f6a0c5a00 RCX: 00007f1e2a1b04ad
 </TASK>`;
const HUNG_SHORT =
  'hung_task Xorg:1458 D: __schedule schedule schedule_preempt_disabled ?__pfx_mutex_spin __mutex_lock drm_ioctl[drm] __x64_sys_ioctl do_syscall_64 entry_SYSCALL_64_after_hwframe';

const each = (text: string, write: (line: string) => string): string => text.split('\n').map(write).join('\n');

describe('what stands before the lines of a log', () => {
  it.each<[string, (line: string) => string]>([
    ['nothing', (line) => line],
    ['dmesg', (line) => `[  242.735562] ${line}`],
    ['printk with its caller', (line) => `[  242.735562][   T37] ${line}`],
    ['util-linux with the caller', (line) => `[  242.735562] [   T37] ${line}`],
    ['a CPU', (line) => `[  242.735562][    C3] ${line}`],
    ['a level', (line) => `<3>[  242.735562] ${line}`],
    ['/dev/kmsg levels alone', (line) => `<6>${line}`],
    ['dmesg -T', (line) => `[Mon Nov 24 12:00:00 2025] ${line}`],
    ['dmesg -e', (line) => `[  +0.000003] ${line}`],
    ['dmesg -H', (line) => `[Nov24 12:00] ${line}`],
    ['dmesg -d', (line) => `[  242.735562 <    0.000003>] ${line}`],
    ['dmesg -x', (line) => `kern  :err   : [  242.735562] ${line}`],
    ['dmesg --time-format iso', (line) => `2025-11-24T12:00:00,735562+01:00 ${line}`],
    ['journalctl', (line) => `Nov 24 12:00:00 vm1 kernel: ${line}`],
    ['journalctl -o short-iso', (line) => `2025-11-24T12:00:00+0100 vm1 kernel: ${line}`],
    ['journalctl -o short-precise', (line) => `Nov 24 12:00:00.735562 vm1 kernel: ${line}`],
    ['journalctl -o short-full', (line) => `Mon 2025-11-24 12:00:00 CET vm1 kernel: ${line}`],
    ['journalctl -o short-monotonic', (line) => `[  242.735562] vm1 kernel: ${line}`],
    ['journalctl -o short-unix', (line) => `1764000000.735562 vm1 kernel: ${line}`],
    ['syslog with both stamps', (line) => `Nov 24 12:00:00 vm1.example.net kernel: [  242.735562] ${line}`],
    [
      'rsyslog in RFC 5424 times',
      (line) => `2025-11-24T12:00:00.735562+01:00 vm1 kernel: [  242.735562][  T37] ${line}`,
    ],
    ['a recorded console', (line) => `2025-11-24T12:00:00.735Z [  242.735562] ${line}`],
    ['a vendor with the CPU', (line) => `[  242.735562,1] ${line}`],
    ['a vendor with a column', (line) => `[  242.735562] [1: khungtaskd:   37] ${line}`],
    ['a mail', (line) => `> > ${line}`],
    ['a tracker', (line) => `| [  242.735562] ${line}`],
    ['colour', (line) => `\u001b[32m[  242.735562] \u001b[0m\u001b[31m${line}\u001b[0m`],
    ['CRLF', (line) => `${line}\r`],
    ['a mail of a log', (line) => `>> [  242.735562][   T37] ${line}`],
  ])('%s', (_what, write) => {
    expect(shortly(each(HUNG, write))).toEqual([HUNG_SHORT]);
  });
});

describe('reports', () => {
  it('tell how long, and which line they begin in', () => {
    expect(readTraces(['', 'usb 1-1: new device', ...HUNG.split('\n')])).toMatchObject([
      { blockedSeconds: 241, line: 3, headline: 'INFO: task Xorg:1458 blocked for more than 241 seconds.', weight: 1 },
    ]);
  });

  it('name the holder of a lock, whose stack follows', () => {
    const text = `${HUNG}
INFO: task Xorg:1458 is blocked on a mutex likely owned by task kworker/4:1:16648.
task:kworker/4:1     state:R  running task     stack:0     pid:16648 tgid:16648 ppid:2      task_flags:0x4208060 flags:0x00004000
Workqueue: events virtio_gpu_dequeue_ctrl_func [virtio_gpu]
Call Trace:
 <TASK>
 __schedule+0x425/0x9f0
 kthread+0xd2/0x100
 ret_from_fork+0x34/0x50
 </TASK>`;
    expect(shortly(text)).toEqual([HUNG_SHORT, 'task_state kworker/4:1:16648 R: __schedule kthread ret_from_fork']);
    expect(readTraces(text.split('\n'))[0]?.blockedOn).toEqual({
      lock: 'mutex',
      by: { comm: 'kworker/4:1', pid: 16648 },
    });
  });

  it.each<[string, string, string[]]>([
    [
      'a wait for I/O has other words since 6.19',
      `INFO: task virtme-ng-init:1 blocked in I/O wait for more than 122 seconds.
Call Trace:
 folio_wait_bit_common+0x1/0x2`,
      ['hung_task virtme-ng-init:1 D: folio_wait_bit_common'],
    ],
    [
      '4.19 on x86_64',
      `INFO: task Xorg:1458 blocked for more than 120 seconds.
      Not tainted 4.19.0-27-amd64 #1 Debian 4.19.316-1
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
Xorg            D    0  1458   1400 0x00000000
Call Trace:
 __schedule+0x29f/0x840
 schedule+0x28/0x80
 entry_SYSCALL_64_after_hwframe+0x44/0xa9`,
      ['hung_task Xorg:1458 D: __schedule schedule entry_SYSCALL_64_after_hwframe'],
    ],
    [
      '4.19 on arm64, from sysrq-w',
      `sysrq: SysRq : Show Blocked State
  task                        PC stack   pid father
Xorg            D    0  1458   1400 0x00000000
Call trace:
[<ffff000008086c2c>] __switch_to+0x94/0xd8
[<ffff0000089a1a4c>] __schedule+0x1f4/0x5a0
[<ffff0000089a1e24>] schedule+0x2c/0x80
[<ffff000008083ac0>] el0_svc_naked+0x34/0x38
Web Content     D ffff80003c1e0000     0  2001   1458 0x00000200
Call trace:
[<ffff000008086c2c>] __switch_to+0x94/0xd8`,
      [
        'task_state Xorg:1458 D: __switch_to __schedule schedule el0_svc_naked',
        'task_state Web Content:2001 D: __switch_to',
      ],
    ],
    [
      'arm64 of today',
      `task:Xorg            state:D stack:0     pid:1458  tgid:1458  ppid:1400   flags:0x00000204
Call trace:
 __switch_to+0xf0/0x170 (T)
 __schedule+0x27c/0x908
 virtio_gpu_cursor_ping+0x1e0/0x2a8 [virtio_gpu] (P)
 el0t_64_sync+0x190/0x198`,
      ['task_state Xorg:1458 D: __switch_to __schedule virtio_gpu_cursor_ping[virtio_gpu] el0t_64_sync'],
    ],
    [
      'a soft lockup: the interrupt that reports it is left out',
      `watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:99]
Modules linked in: virtio_gpu ttm
CPU: 3 PID: 99 Comm: kworker/3:1 Tainted: G             L    6.1.0-56-amd64 #1  Debian 6.1.192-2
Workqueue: events drain_vmap_area_work
RIP: 0010:smp_call_function_many_cond+0x123/0x2b0
Code: 8b 45 08 a8 01 74 0a
RSP: 0018:ffffb8f7c0123da8 EFLAGS: 00000202
Call Trace:
 <IRQ>
 ? watchdog_timer_fn+0x1a4/0x200
 watchdog_timer_fn+0x1a4/0x200
 __hrtimer_run_queues+0x112/0x2b0
 </IRQ>
 <TASK>
 asm_sysvec_apic_timer_interrupt+0x16/0x20
RIP: 0010:smp_call_function_many_cond+0x123/0x2b0
 on_each_cpu_cond_mask+0x20/0x40
 flush_tlb_kernel_range+0x8d/0xd0
 ret_from_fork+0x1f/0x30
 </TASK>`,
      [
        'soft_lockup kworker/3:1:99 -: smp_call_function_many_cond on_each_cpu_cond_mask flush_tlb_kernel_range ret_from_fork',
      ],
    ],
    [
      'an RCU stall with the backtrace that belongs to it',
      `rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: \t2-....: (5249 ticks this GP) idle=51e4/1/0x4000000000000000 softirq=309/309 fqs=2563
rcu: \t(t=5250 jiffies g=-319 q=608 ncpus=4)
NMI backtrace for cpu 2
CPU: 2 PID: 2001 Comm: stress Not tainted 5.10.0-32-amd64 #1 Debian 5.10.223-1
Call Trace:
 <IRQ>
 dump_stack+0x6b/0x83
 nmi_cpu_backtrace.cold+0x32/0x69
 rcu_dump_cpu_stacks+0xc0/0xf3
 </IRQ>
 asm_sysvec_apic_timer_interrupt+0x12/0x20
RIP: 0010:shrink_lruvec+0x2c/0x3a0
 shrink_node+0x23a/0x6f0
 entry_SYSCALL_64_after_hwframe+0x62/0xc7`,
      [
        'rcu_stall stress:2001 -: asm_sysvec_apic_timer_interrupt shrink_lruvec shrink_node entry_SYSCALL_64_after_hwframe',
      ],
    ],
    [
      'an RCU stall on arm64, where nothing marks the interrupt',
      `rcu: INFO: rcu_preempt self-detected stall on CPU
Task dump for CPU 0:
sh              R  running task        0  1315   1295 0x00000002
Call trace:
 dump_backtrace+0x0/0x140
 show_stack+0x14/0x20
 rcu_dump_cpu_stacks+0x94/0xd0
 rcu_sched_clock_irq+0x75c/0x9c0
 gic_handle_irq+0xb0/0x120
 el1_irq+0xb8/0x180
 br_multicast_join_snoopers+0x20/0x40
 el0_svc+0x8/0xc`,
      ['rcu_stall sh:1315 R: br_multicast_join_snoopers el0_svc'],
    ],
    [
      'an RCU stall that a task holds up, and the CPU it stalls on',
      `rcu: INFO: rcu_sched detected stalls on CPUs/tasks: { P1458 } 3-...! (detected by 0, t=5252 jiffies)
task:Xorg            state:R  running task     stack:    0 pid: 1458 ppid:  1400 flags:0x00000000
Call Trace:
 __schedule+0x2be/0x770
Sending NMI from CPU 0 to CPUs 3:
NMI backtrace for cpu 3
CPU: 3 PID: 7 Comm: ksoftirqd/3 Not tainted 5.10.0 #1
RIP: 0010:native_queued_spin_lock_slowpath+0x5b/0x1d0
Call Trace:
 _raw_spin_lock+0x1a/0x20`,
      [
        'rcu_stall Xorg:1458 R: __schedule',
        'backtrace ksoftirqd/3:7 -: native_queued_spin_lock_slowpath _raw_spin_lock',
      ],
    ],
    [
      'a hard lockup, found by the neighbour',
      `watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 4
Modules linked in: i915
Sending NMI from CPU 3 to CPUs 4:
NMI backtrace for cpu 4
CPU: 4 UID: 0 PID: 1515 Comm: syncobj_timelin Tainted: G     U              6.17.0 #1 PREEMPT(voluntary)
RIP: 0010:sync_timeline_signal+0x12/0x40
Call Trace:
 <NMI>
 nmi_cpu_backtrace+0x1/0x2
 </NMI>
 <TASK>
 sw_sync_ioctl+0x200/0x300
 </TASK>`,
      ['hard_lockup syncobj_timelin:1515 -: sync_timeline_signal sw_sync_ioctl'],
    ],
    [
      'a hard lockup on POWER, found by the neighbour',
      `watchdog: CPU 5 detected hard LOCKUP on other CPUs 59
watchdog: CPU 5 TB:1390583307206, last SMP heartbeat TB:1384401763174 (12073ms ago)
watchdog: CPU 59 Hard LOCKUP
watchdog: CPU 59 TB:1390583335108, last heartbeat TB:1382333893732 (16112ms ago)
Modules linked in: virtio_gpu
CPU: 59 PID: 1458 Comm: Xorg Not tainted 5.10.0 #1
NIP:  c00000000010c0f4 LR: c00000000010c0e4 CTR: c0000000001a5a30
NIP [c00000000010c0f4] plpar_hcall_norets+0x1c/0x28
LR [c0000000001a5a30] __spin_yield+0x90/0xa0
Call Trace:
[c000000fe8f5b8a0] [c0000000001a5a30] _raw_spin_lock+0x90/0xa0
[c000000fe8f5b8d0] [c0000000009a5a30] virtio_gpu_queue_ctrl_buffer+0x90/0xa0 [virtio_gpu]`,
      ['hard_lockup Xorg:1458 -: plpar_hcall_norets _raw_spin_lock virtio_gpu_queue_ctrl_buffer[virtio_gpu]'],
    ],
    [
      'a console that was recorded, with the clock of who recorded it before the stamp',
      `[2023-01-02 03:04:05.678] [  242.1] INFO: task Xorg:1458 blocked for more than 120 seconds.
[2023-01-02 03:04:05.678] [  242.1] Call Trace:
[2023-01-02 03:04:05.679] [  242.1]  __schedule+0x2be/0x770
[2023-01-02 03:04:05.679] <6>[  242.1]  drm_ioctl+0x1/0x2 [drm]
[03:04:05] [  242.2] INFO: task dd:7 blocked for more than 120 seconds.
[03:04:05] [  242.2] Call Trace:
[03:04:05] [  242.2]  io_schedule+0x2be/0x770`,
      ['hung_task Xorg:1458 D: __schedule drm_ioctl[drm]', 'hung_task dd:7 D: io_schedule'],
    ],
    [
      'frames of 32-bit ARM without a space before the function',
      `INFO: task Xorg:1458 blocked for more than 120 seconds.
[<c0700c20>](__schedule) from [<c0700f44>](schedule+0xb0/0xcc)
[<c0700f44>](schedule) from [<c0580f44>](drm_ioctl+0xb0/0xcc [drm])`,
      ['hung_task Xorg:1458 D: __schedule schedule drm_ioctl[drm]'],
    ],
    [
      'an oops has two first lines, and the registers have the innermost function',
      `BUG: kernel NULL pointer dereference, address: 0000000000000008
#PF: supervisor read access in kernel mode
Oops: 0000 [#1] PREEMPT SMP PTI
CPU: 1 PID: 512 Comm: Xorg Not tainted 6.1.0-56-amd64 #1  Debian 6.1.192-2
RIP: 0010:virtio_gpu_object_create+0x30/0x1f0 [virtio_gpu]
Call Trace:
 <TASK>
 virtio_gpu_gem_create+0x40/0x90 [virtio_gpu]
 </TASK>
---[ end trace 0000000000000000 ]---
RIP: 0010:virtio_gpu_object_create+0x30/0x1f0 [virtio_gpu]
Kernel panic - not syncing: Fatal exception`,
      ['oops Xorg:512 -: virtio_gpu_object_create[virtio_gpu] virtio_gpu_gem_create[virtio_gpu]'],
    ],
    [
      'an oops on arm64',
      `Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
Internal error: Oops: 96000004 [#1] SMP
CPU: 0 PID: 1458 Comm: Xorg Not tainted 4.19.0-arm64-desktop #3300
pc : dma_fence_put+0x10/0x40
lr : virtio_gpu_execbuffer_ioctl+0x2ac/0x300 [virtio_gpu]
Call trace:
 dma_fence_put+0x10/0x40
 virtio_gpu_execbuffer_ioctl+0x2ac/0x300 [virtio_gpu]
 el0_svc+0x8/0xc`,
      ['oops Xorg:1458 -: dma_fence_put virtio_gpu_execbuffer_ioctl[virtio_gpu] el0_svc'],
    ],
    [
      'a warning, in the words of 6.1 and of 7.0',
      `WARNING: CPU: 0 PID: 12 at drivers/gpu/drm/drm_gem.c:123 drm_gem_free+0x12/0x30 [drm]
CPU: 0 PID: 12 Comm: kworker/0:1 Not tainted 6.1.0 #1
RIP: 0010:drm_gem_free+0x12/0x30 [drm]
Call Trace:
 process_one_work+0x1c7/0x380
---[ end trace 0000000000000000 ]---
WARNING: drivers/gpu/drm/drm_gem.c:123 at drm_gem_free+0x12/0x30 [drm], CPU#0: kworker/0:1/12
Call Trace:
 process_one_work+0x1c7/0x380`,
      ['warning kworker/0:1:12 -: drm_gem_free[drm] process_one_work', 'warning kworker/0:1:12 -: process_one_work'],
    ],
    [
      'an OOM report, of a name with a space',
      `Web Content invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
CPU: 0 PID: 2001 Comm: Web Content Not tainted 5.10.0 #1
Call Trace:
 dump_stack+0x6b/0x83
 oom_kill_process.cold+0xb/0x10
Mem-Info:
active_anon:1 inactive_anon:2`,
      ['oom Web Content:2001 -: dump_stack oom_kill_process'],
    ],
    [
      'lockdep: the last trace counts, not the chain',
      `WARNING: possible circular locking dependency detected
6.1.0 #1 Not tainted
------------------------------------------------------
Xorg/1458 is trying to acquire lock:
ffff8880b9f34cd8 (&a){+.+.}-{3:3}, at: first+0x53/0x260

the existing dependency chain (in reverse order) is:

-> #1 (&b){+.+.}-{3:3}:
       __mutex_lock+0x8f/0x900
       second+0x40/0x80

stack backtrace:
CPU: 1 PID: 1458 Comm: Xorg Not tainted 6.1.0 #1
Call Trace:
 <TASK>
 check_noncircular+0xfc/0x110
 first+0x53/0x260
 </TASK>`,
      ['lockdep Xorg:1458 -: check_noncircular first'],
    ],
    [
      'KASAN: the history of the object is another story',
      `BUG: KASAN: slab-use-after-free in drm_gem_free+0x12/0x30
CPU: 1 PID: 1458 Comm: Xorg Not tainted 6.1.0 #1
Call Trace:
 <TASK>
 drm_gem_free+0x12/0x30
 </TASK>

Allocated by task 12:
 kasan_save_stack+0x22/0x40
 virtio_gpu_alloc+0x1/0x2

Freed by task 13:
 kfree+0x1/0x2`,
      ['oops Xorg:1458 -: drm_gem_free'],
    ],
    [
      'locks that are held are no stack',
      `${HUNG}

Showing all locks held in the system:
1 lock held by khungtaskd/30:
 #0: ffffffff8eb38fa0 (rcu_read_lock){....}-{1:3}, at: rcu_lock_acquire include/linux/rcupdate.h:337 [inline]
 #0: ffffffff8eb38fa0 (rcu_read_lock){....}-{1:3}, at:
debug_show_all_locks+0x55/0x2a0 kernel/locking/lockdep.c:6746
2 locks held by Xorg/1458:
=============================================
NMI backtrace for cpu 1
CPU: 1 UID: 0 PID: 30 Comm: khungtaskd Not tainted 6.12.0 #1
Call Trace:
 <TASK>
 __dump_stack lib/dump_stack.c:94 [inline]
 dump_stack_lvl+0x116/0x1f0 lib/dump_stack.c:120
 kthread+0x2c1/0x3a0 kernel/kthread.c:389
 </TASK>`,
      [HUNG_SHORT, 'backtrace khungtaskd:30 -: __dump_stack dump_stack_lvl kthread'],
    ],
    [
      'frames that decode_stacktrace.sh has looked up',
      `Call Trace:
 __schedule (kernel/sched/core.c:5241 kernel/sched/core.c:6554)
 schedule (./arch/x86/include/asm/preempt.h:85 (discriminator 1) kernel/sched/core.c:6631 (discriminator 1))
 drm_ioctl (drivers/gpu/drm/drm_ioctl.c:885) drm
 drm_read (drivers/gpu/drm/drm_file.c:1) [drm]`,
      ['backtrace - -: __schedule schedule drm_ioctl[drm] drm_read[drm]'],
    ],
    [
      'a panic of the hung task check, after the report that caused it',
      `${HUNG}
Kernel panic - not syncing: hung_task: blocked tasks
CPU: 0 UID: 0 PID: 37 Comm: khungtaskd Not tainted 6.16.3-amd64 #1 PREEMPT(lazy)
Call Trace:
 <TASK>
 panic+0x34a/0x3a0
 watchdog+0x2e1/0x540
 </TASK>`,
      [HUNG_SHORT, 'oops khungtaskd:37 -: panic watchdog'],
    ],
    [
      'two CPUs that print at the same time, told apart by their callers',
      `[  1.0][ T12] task:a               state:D stack:0     pid:12    ppid:2      flags:0x00004000
[  1.0][ T13] task:b               state:D stack:0     pid:13    ppid:2      flags:0x00004000
[  1.0][ T12] Call Trace:
[  1.0][ T13] Call Trace:
[  1.0][ T13]  one+0x1/0x2
[  1.0][ T12]  two+0x1/0x2
[  1.0][ T13]  three+0x1/0x2`,
      ['task_state a:12 D: two', 'task_state b:13 D: one three'],
    ],
    [
      'a line of somebody else in between',
      `Call Trace:
 __schedule+0x425/0x9f0
usb 1-1: new high-speed USB device number 4 using xhci_hcd
 schedule+0x27/0xd0`,
      ['backtrace - -: __schedule schedule'],
    ],
    [
      'a headline without its stack',
      'INFO: task Xorg:1458 blocked for more than 120 seconds.',
      ['hung_task Xorg:1458 D:'],
    ],
    [
      'a question mark that a mail program left alone in its line',
      `Call Trace:
 schedule+0x2c/0x70
?
nouveau_display_scanoutpos+0xe9/0x180 [nouveau]
 schedule_timeout+0x258/0x360`,
      ['backtrace - -: schedule ?nouveau_display_scanoutpos[nouveau] schedule_timeout'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(shortly(text)).toEqual(expected);
  });
});

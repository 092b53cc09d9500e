import { describe, expect, it } from 'vitest';
import { readTraces } from '../../../src/investigate/reading/read-traces.ts';
import { shortly } from './support.ts';

const PIPE = `[<0>] pipe_read+0x63/0x90
[<0>] do_syscall_64+0x55/0x80
[<0>] entry_SYSCALL_64_after_hwframe+0x6e/0xd8`;
const WORKER = `[<0>] worker_thread+0x5/0x9
[<0>] kthread+0x63/0x90
[<0>] ret_from_fork+0x55/0x80`;
const PIPE_SHORT = 'pipe_read do_syscall_64 entry_SYSCALL_64_after_hwframe';
const WORKER_SHORT = 'worker_thread kthread ret_from_fork';

describe('/proc/PID/stack of several tasks', () => {
  it.each<[string, string, string[]]>([
    ['one after the other', `${PIPE}\n${WORKER}\n${PIPE}`, ['-', '-', '-']],
    ['with empty lines between', `${PIPE}\n\n${WORKER}\n\n\n${PIPE}`, ['-', '-', '-']],
    [
      'as tail shows files',
      `==> /proc/12/stack <==\n${PIPE}\n\n==> /proc/2/task/13/stack <==\n${WORKER}\n==> /proc/14/stack <==\n${PIPE}`,
      [':12', ':13', ':14'],
    ],
    [
      'as grep shows files',
      [
        PIPE.replaceAll(/^/gm, '/proc/12/stack:'),
        WORKER.replaceAll(/^/gm, '/proc/13/stack:'),
        PIPE.replaceAll(/^/gm, '/proc/14/stack:'),
      ].join('\n'),
      [':12', ':13', ':14'],
    ],
    [
      'under the commands that printed them',
      `$ sudo cat /proc/12/stack\n${PIPE}\n[root@vm ~]# cat /proc/13/stack\n${WORKER}\nroot@vm:/# cat /proc/14/task/15/stack\n${PIPE}`,
      [':12', ':13', ':15'],
    ],
    [
      'under names',
      `PID 12 (Xorg):\n${PIPE}\npid=13 comm=kworker/0:1 state=D\n${WORKER}\n=== 14 Web D ===\n${PIPE}`,
      ['Xorg:12', 'kworker/0:1:13', 'Web:14'],
    ],
    [
      'under other names',
      `Xorg (12) D\n${PIPE}\n--- kworker/0:1/13 ---\n${WORKER}\nTask: 14 "Xorg"\n${PIPE}`,
      ['Xorg:12', 'kworker/0:1:13', 'Xorg:14'],
    ],
  ])('%s', (_what, text, tasks) => {
    const traces = readTraces(text.split('\n'));
    const whose = traces.map(({ task }) => (task === null ? '-' : `${task.comm}:${task.pid ?? '?'}`));
    expect(traces.map(({ frames }) => frames.map((frame) => frame.function).join(' '))).toEqual([
      PIPE_SHORT,
      WORKER_SHORT,
      PIPE_SHORT,
    ]);
    expect(whose).toEqual(tasks);
  });

  it.each([
    ['12 (Web Content) D 1400 12 12 0 -1 4194304', 'Web Content:12 D'],
    ['12 ((sd-pam)) S 1 12', '(sd-pam):12 S'],
    ['Process 12 [Xorg]:', 'Xorg:12 -'],
    ['PID: 12 (Web Content) state: D', 'Web Content:12 D'],
    ['Web Content (12)', 'Web Content:12 -'],
    ['tid 12', ':12 -'],
    ['/proc/12/stack', ':12 -'],
    ['*** Xorg:12 ***', 'Xorg:12 -'],
    ['== 12 Xorg', 'Xorg:12 -'],
  ])('under %j', (heading, expected) => {
    const [trace] = readTraces([heading, ...PIPE.split('\n')]);
    expect(`${trace?.task?.comm}:${trace?.task?.pid} ${trace?.state ?? '-'}`).toBe(expected);
  });

  it('of tasks that may not be looked at is passed over', () => {
    expect(shortly(`cat: /proc/1/stack: Permission denied\n${PIPE}`)).toEqual([`proc - -: ${PIPE_SHORT}`]);
  });

  it('out of the source of a web page', () => {
    expect(shortly(PIPE.replaceAll('<', '&lt;').replaceAll('>', '&gt;'))).toEqual([`proc - -: ${PIPE_SHORT}`]);
  });

  it('of 4.19 ends with an address of all ones', () => {
    const text = `[<ffffffff81234567>] pipe_wait+0x63/0x90
[<ffffffff81234567>] vfs_read+0x63/0x90
[<ffffffffffffffff>] 0xffffffffffffffff
[<0>] futex_wait_queue_me+0x1/0x2
[<0>] 0xffffffffffffffff`;
    expect(shortly(text)).toEqual(['proc - -: pipe_wait vfs_read', 'proc - -: futex_wait_queue_me']);
  });

  it('of arm64, old and new', () => {
    const text = `[<0>] __switch_to+0x94/0xd8
[<0>] pipe_wait+0x1/0x2
[<0>] el0_svc_common+0x1/0x2
[<0>] el0_svc_handler+0x1/0x2
[<0>] el0_svc+0x8/0xc
[<0>] pipe_read+0x1/0x2
[<0>] invoke_syscall+0x50/0x120
[<0>] el0_svc_common.constprop.0+0xc8/0xf0
[<0>] do_el0_svc+0x24/0x38
[<0>] el0_svc+0x30/0xf8
[<0>] el0t_64_sync_handler+0x120/0x130
[<0>] el0t_64_sync+0x190/0x198
[<0>] worker_thread+0x5/0x9
[<0>] kthread+0x1/0x2
[<0>] ret_from_fork+0x10/0x20`;
    expect(shortly(text).map((line) => line.split(' ').slice(3, 5).join(' '))).toEqual([
      '__switch_to pipe_wait',
      'pipe_read invoke_syscall',
      'worker_thread kthread',
    ]);
  });
});

describe('what debuggers and tracers print', () => {
  it.each<[string, string, string[]]>([
    [
      "crash's bt",
      `crash> foreach UN bt
PID: 1458   TASK: ffff9b3c4a5b8000  CPU: 0   COMMAND: "Xorg"
 #0 [ffffa0b4c0f3b8d8] __schedule at ffffffff9a8b1d4d
 #1 [ffffa0b4c0f3b968] schedule at ffffffff9a8b2138
    /usr/src/linux/kernel/sched/core.c: 6631
 #2 [ffffa0b4c0f3b980] virtio_gpu_cursor_ping at ffffffffc0123456 [virtio_gpu]
    RIP: 00007f1e2a1b04ad  RSP: 00007ffd7d1a9f70  RFLAGS: 00000246

PID: 2001   TASK: ffff9b3c4a5b8000  CPU: 1   COMMAND: "Web Content"
    [exception RIP: native_safe_halt+14]
 #0 [ffffa0b4c0f3b8d8] default_idle at ffffffff9a8b1d4d`,
      [
        'crash_bt Xorg:1458 -: __schedule schedule virtio_gpu_cursor_ping[virtio_gpu]',
        'crash_bt Web Content:2001 -: native_safe_halt default_idle',
      ],
    ],
    [
      "crash's ps -m with stacks",
      `[0 00:02:03.456] [UN]  PID: 1458   TASK: ffff9b3c4a5b8000  CPU: 0   COMMAND: "Xorg"
 #0 [ffffa0b4c0f3b8d8] __schedule at ffffffff9a8b1d4d`,
      ['crash_bt Xorg:1458 D: __schedule'],
    ],
    [
      'drgn, two tasks',
      `#0  context_switch (kernel/sched/core.c:5241:2)
#1  __schedule (kernel/sched/core.c:6554:8)
#2  schedule (kernel/sched/core.c:6630:3)
#3  virtio_gpu_cursor_ping+0x12/0x40 (drivers/gpu/drm/virtio/virtgpu_vq.c:1:2)
#0  context_switch (kernel/sched/core.c:5241:2)
#1  __schedule (kernel/sched/core.c:6554:8)`,
      [
        'crash_bt - -: context_switch __schedule schedule virtio_gpu_cursor_ping',
        'crash_bt - -: context_switch __schedule',
      ],
    ],
    [
      'gdb on a QEMU guest',
      `#0  native_halt () at ./arch/x86/include/asm/irqflags.h:66
#1  0xffffffff81a00000 in default_idle () at arch/x86/kernel/process.c:694
#2  0xffffffff810e8a3c in do_idle () at kernel/sched/idle.c:318`,
      ['crash_bt - -: native_halt default_idle do_idle'],
    ],
    [
      'a map of bpftrace',
      `Attaching 1 probe...
^C

@[
    __schedule+12
    schedule+34
    do_nanosleep+5
]: 5
@blocked[Xorg, 1458,
        finish_task_switch.isra.0+1
        schedule+3
, 
        __poll+12
]: 123
@[
    schedule+34
, Web Content]: 7`,
      [
        'bpf - -: __schedule schedule do_nanosleep',
        'bpf Xorg:1458 -: finish_task_switch schedule',
        'bpf Web Content:? -: schedule',
      ],
    ],
    [
      'kstack that bpftrace printed',
      `
        schedule+34
        io_schedule+70
        folio_wait_bit_common+345
`,
      ['bpf - -: schedule io_schedule folio_wait_bit_common'],
    ],
    [
      "bcc's table",
      `Tracing off-CPU time (us) of all threads by kernel stack for 5 secs.

    finish_task_switch.isra.0
    schedule
    submit_bio_wait
    -                dd (2001)
        4711

    finish_task_switch.isra.0
    schedule
    pipe_read
    -                cat (2002)
        12`,
      [
        'bpf dd:2001 -: finish_task_switch schedule submit_bio_wait',
        'bpf cat:2002 -: finish_task_switch schedule pipe_read',
      ],
    ],
    [
      'the log of a POWER guest',
      `Call Trace:
[c0000000f1a7b9e0] [c000000000b4d3f8] __schedule+0x318/0x9e0 (unreliable)
[c0000000f1a7bac0] [c000000000b4db10] schedule+0x50/0xe0`,
      ['backtrace - -: __schedule schedule'],
    ],
    [
      'perf script',
      `Xorg  1458 [000]  4711.123456: sched:sched_switch: prev_comm=Xorg
\tffffffff81c3a1b0 __schedule+0x2d0 ([kernel.kallsyms])
\tffffffff81c3a6b7 schedule+0x27 ([kernel.kallsyms])
\tffffffff81c3b3f5 schedule_preempt_disabled+0x15 ([kernel.kallsyms])`,
      ['backtrace - -: __schedule schedule schedule_preempt_disabled'],
    ],
    [
      "ftrace's stacktrace",
      `            Xorg-1458    [000] d..2.  4711.123456: <stack trace>
 => __schedule
 => schedule
 => drm_ioctl`,
      ['backtrace - -: __schedule schedule drm_ioctl'],
    ],
    [
      'folded stacks, with and without user space, marks and wakers',
      `Xorg;entry_SYSCALL_64_after_hwframe;do_syscall_64;ksys_read;pipe_read;schedule 1234
Web Content;main;[unknown];poll;entry_SYSCALL_64_after_hwframe;do_syscall_64;schedule_[k] 7
Xorg-1458;main;__GI___poll;-;entry_SYSCALL_64_after_hwframe;do_sys_poll;schedule.isra.0 99
dd;entry_SYSCALL_64_after_hwframe;submit_bio_wait;schedule;--;blk_done;asm_common_interrupt;swapper/0 5`,
      [
        'folded Xorg:? -: schedule pipe_read ksys_read do_syscall_64 entry_SYSCALL_64_after_hwframe',
        'folded Web Content:? -: schedule do_syscall_64 entry_SYSCALL_64_after_hwframe',
        'folded Xorg:1458 -: schedule do_sys_poll entry_SYSCALL_64_after_hwframe',
        'folded dd:? -: schedule submit_bio_wait entry_SYSCALL_64_after_hwframe',
      ],
    ],
    [
      'a call chain in prose, over two lines',
      'A desktop freezes: Xorg sits in D state under `drm_ioctl -> virtio_gpu_object_create ->\nttm_pool_populate -> __alloc_pages -> drain_all_pages -> flush_work`. Nothing in the log.',
      ['proc - -: flush_work drain_all_pages __alloc_pages ttm_pool_populate virtio_gpu_object_create drm_ioctl'],
    ],
    [
      'a stack whose line ends a chat has eaten',
      'Xorg hangs: [<0>] __flush_work+0x1/0x2 [<0>] drain_all_pages.isra.0+0x1/0x2 [<0>] ? maybe+0x1/0x2 [<0>] ttm_pool_populate+0x1/0x2 [ttm]',
      ['proc - -: __flush_work drain_all_pages ?maybe ttm_pool_populate[ttm]'],
    ],
    [
      'a call chain inside out',
      '(percpu_rwsem_wait <- sb_start_write <- mnt_want_write <- path_openat)',
      ['proc - -: percpu_rwsem_wait sb_start_write mnt_want_write path_openat'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(shortly(text)).toEqual(expected);
  });

  it('keeps the weights, and the time that crash tells', () => {
    const weights = (text: string): number[] => readTraces(text.split('\n')).map(({ weight }) => weight);
    expect(weights('a_b;c_d;e_f 12\na_b;c_d 3')).toEqual([12, 3]);
    expect(weights('@[\n  schedule+1\n  do_nanosleep+2\n]: 55')).toEqual([55]);
    const [trace] = readTraces(
      '[1 00:02:03.456] [UN]  PID: 1  TASK: ffff9b3c4a5b8000  CPU: 7   COMMAND: "x"\n #0 [ffffa0b4c0f3b8d8] schedule at ffffffff9a8b1d4d'.split(
        '\n',
      ),
    );
    expect(trace).toMatchObject({ blockedSeconds: 86_523, cpu: 7, state: 'D' });
  });
});

describe('what is no stack', () => {
  it.each([
    ['prose', 'The guest hangs.\nWe looked at it.\n\nNothing was found in the log; see below.\nThanks'],
    ['a list of words', 'apples\npears\nplums'],
    ['a list of functions', Array.from({ length: 500 }, (_none, index) => `some_function_${index}`).join('\n')],
    [
      'source code',
      'static int foo(void)\n{\n\tstruct device *dev = priv->dev->parent->driver;\n\tschedule();\n\treturn 0;\n}',
    ],
    [
      'lsmod',
      'Module                  Size  Used by\nvirtio_gpu             73728  2\ndrm_kms_helper        315392  4 virtio_gpu',
    ],
    ['ps', '    PID TTY          TIME CMD\n   1458 ?        00:00:01 Xorg'],
    [
      'a boot log',
      '[    0.000000] Linux version 6.1.0-56-amd64 (gcc) #1 SMP Debian 6.1.192-2\n[    1.234567] usb 1-1: new device found',
    ],
    [
      'initcalls',
      '[    1.2] initcall virtio_gpu_init+0x0/0x40 [virtio_gpu] returned 0 after 12 usecs\n[    1.3] calling  foo_init+0x0/0x40 @ 1',
    ],
    ['a config', 'key: value\nother_key: 12\nlist:\n  - one_item'],
    ['CSV', 'a;b;c 12 d\n1;2;3 4'],
    [
      'functions in prose',
      'It is between a_b+0x1/0x2 and the caller of c_d+0x1/0x2, as far as the trace of e_f+0x1/0x2 tells it, they say',
    ],
    ['arrows in prose', 'edit the file -> save it -> reboot -> done'],
  ])('%s', (_what, text) => {
    expect(shortly(text)).toEqual([]);
  });
});

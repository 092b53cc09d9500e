import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wakersOf } from '../../../src/investigate/flame/interrupts.ts';
import { layOut, layOutAtMost } from '../../../src/investigate/flame/layout.ts';
import { formatFolded, pathsOf, type FlamePath } from '../../../src/investigate/flame/path.ts';
import { speedscopeOf } from '../../../src/investigate/flame/speedscope.ts';
import { topWaits } from '../../../src/investigate/flame/top.ts';
import { orderPaths } from '../../../src/investigate/flame/ordered.ts';
import { WaitClassifier } from '../../../src/investigate/flame/wait-kinds.ts';
import type { Wait } from '../../../src/investigate/wait.ts';
import { loadWaitKinds } from '../../../src/shipped/trace-knowledge.ts';
import { SPEEDSCOPE_SCHEMA } from './speedscope-schema.ts';

const classifier = new WaitClassifier(loadWaitKinds());
const wait = (text: string, us: number, more: Partial<Wait> = {}): Wait => {
  const [comm = '', ...stack] = text.split(' ');
  return { comm, pid: null, stack, user: [], waker: null, us, pending: false, ...more };
};
const path = (text: string, us: number, kind = 0): FlamePath => ({
  frames: text.split(';').map((name, at) => ({ name, side: at === 0 ? 'task' : 'kernel' })),
  us,
  kind,
});
const kindOf = (text: string): string => {
  const { kind, where } = classifier.classify(wait(`t ${text}`, 1));
  return `${classifier.kinds[kind]?.name ?? ''} at ${where}`;
};

describe('kinds of waits', () => {
  it.each([
    ['__schedule schedule io_schedule submit_bio_wait __blkdev_direct_IO_simple', 'disk at submit_bio_wait'],
    [
      'finish_task_switch schedule schedule_timeout io_schedule_timeout __wait_for_common wait_for_completion_io_timeout submit_bio_wait',
      'disk at submit_bio_wait',
    ],
    ['schedule schedule_preempt_disabled __mutex_lock drm_ioctl', 'lock at __mutex_lock'],
    [
      'schedule __flush_work drain_all_pages __alloc_pages virtio_gpu_object_create drm_ioctl',
      'reclaim at __flush_work',
    ],
    ['schedule percpu_rwsem_wait mnt_want_write path_openat', 'lock at percpu_rwsem_wait'],
    ['schedule futex_wait_queue futex_wait do_futex', 'futex at futex_wait_queue'],
    [
      'schedule schedule_timeout dma_fence_default_wait dma_fence_wait_timeout virtio_gpu_wait_ioctl',
      'gpu at dma_fence_default_wait',
    ],
    ['schedule schedule_hrtimeout_range ep_poll do_epoll_wait', 'events at ep_poll'],
    ['schedule do_nanosleep hrtimer_nanosleep', 'timer at do_nanosleep'],
    ['__schedule schedule worker_thread kthread ret_from_fork', 'idle at worker_thread'],
    ['schedule jbd2_log_wait_commit process_one_work worker_thread kthread', 'disk at jbd2_log_wait_commit'],
    ['schedule schedule_timeout wait_woken tcp_recvmsg inet_recvmsg', 'network at tcp_recvmsg'],
    ['schedule exit_to_user_mode_prepare syscall_exit_to_user_mode', 'cpu at exit_to_user_mode_prepare'],
    ['schedule __cond_resched shrink_page_list', 'cpu at __cond_resched'],
    ['schedule schedule_timeout __wait_for_common wait_for_completion some_driver_probe', 'work at some_driver_probe'],
    ['schedule nobody_knows_this', 'other at nobody_knows_this'],
    ['schedule', 'other at schedule'],
  ])('%s', (stack, kind) => {
    expect(kindOf(stack)).toBe(kind);
  });

  it('of a wait without a stack, the waker tells', () => {
    const woken = wait('t', 1, { waker: { comm: 'w', stack: ['try_to_wake_up', 'hrtimer_wakeup'] } });
    expect(classifier.classify(woken).where).toBe('hrtimer_wakeup');
    expect(classifier.classify(wait('t', 1))).toEqual({ kind: classifier.kinds.length - 1, where: '' });
  });
});

describe('wakersOf', () => {
  it('ends at the interrupt, whoever was interrupted', () => {
    const stack = ['complete', 'virtblk_done', 'common_interrupt', 'asm_common_interrupt', 'unmap_vmas', 'do_exit'];
    const waits = wakersOf(
      [wait('dd f', 1, { waker: { comm: 'sh', stack } }), wait('dd f', 1)],
      loadWaitKinds().interrupts,
    );
    expect(waits.map(({ waker }) => waker)).toEqual([{ comm: '(interrupt)', stack: stack.slice(0, 4) }, null]);
  });

  it('is left alone where a task woke it', () => {
    const waker = { comm: 'kworker/0:1', stack: ['complete', 'worker_thread'] };
    expect(wakersOf([wait('dd f', 1, { waker })], ['el1_irq'])[0]?.waker).toEqual(waker);
  });
});

describe('paths', () => {
  const offwake = wait('Xorg schedule drm_ioctl', 5, {
    user: ['ioctl', 'main'],
    pending: false,
    waker: { comm: 'kworker/0:1', stack: ['complete', 'worker_thread'] },
  });
  it('go from the task to the innermost function, then down the waker from its innermost', () => {
    expect(formatFolded(pathsOf([{ guest: 'vm1', waits: [offwake] }], classifier))).toBe(
      'Xorg;main;ioctl;-;drm_ioctl;schedule;--;complete;worker_thread;kworker/0:1 5\n',
    );
  });

  it('of several processes of one name are one', () => {
    const waits = [wait('dd f', 3, { pid: 1 }), wait('dd f', 4, { pid: 2 }), wait('dd g', 1, { pid: 2 })];
    expect(formatFolded(pathsOf([{ guest: 'a', waits }], classifier))).toBe('dd;f 7\ndd;g 1\n');
  });

  it('begin with the guest where there are several, and mark what has not come back', () => {
    const waits = [wait('dd schedule', 3, { pending: true })];
    expect(
      formatFolded(
        pathsOf(
          [
            { guest: 'a', waits },
            { guest: 'b', waits: [] },
          ],
          classifier,
        ),
      ),
    ).toBe('a;dd;(not come back);schedule 3\n');
  });

  it('are one line each, whatever a task is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (comm) => {
        const text = formatFolded(pathsOf([{ guest: 'a', waits: [{ ...wait('x f', 3), comm }] }], classifier));
        expect(text).toMatch(/^[^\n;]+;f 3\n$/);
      }),
    );
  });
});

describe('the tree and its layout', () => {
  it('merges what is alike, heaviest on the left, and takes the colour of most', () => {
    const tree = orderPaths([path('a;x', 1, 1), path('b;y', 5, 2), path('a;z', 2, 3), path('b;y;w', 1, 4)]);
    expect(layOut(tree, 0).map(({ name, depth, x, us, kind }) => [name, depth, x, us, kind])).toEqual([
      ['all', 0, 0, 9, 2],
      ['b', 1, 0, 6, 2],
      ['y', 2, 0, 6, 2],
      ['w', 3, 0, 1, 4],
      ['a', 1, 6, 3, 3],
      ['z', 2, 6, 2, 3],
      ['x', 2, 8, 1, 1],
    ]);
  });

  it('keeps every frame inside the one under it, and siblings apart', () => {
    const stacks = fc.array(
      fc.record({
        names: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 }),
        us: fc.nat(50),
        kind: fc.nat(3),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(stacks, (all) => {
        const boxes = layOut(orderPaths(all.map(({ names, us, kind }) => path(names.join(';'), us, kind))), 0);
        const open: (typeof boxes)[number][] = [];
        for (const box of boxes) {
          open.length = box.depth;
          const under = open.at(-1);
          if (under) {
            expect(box.x).toBeGreaterThanOrEqual(under.x);
            expect(box.x + box.us).toBeLessThanOrEqual(under.x + under.us);
          }
          open.push(box);
        }
        for (const depth of new Set(boxes.map((box) => box.depth))) {
          const row = boxes.filter((box) => box.depth === depth).sort((a, b) => a.x - b.x);
          row.forEach((box, at) =>
            expect(box.x).toBeGreaterThanOrEqual(at === 0 ? 0 : row[at - 1]!.x + row[at - 1]!.us),
          );
        }
        expect(boxes[0]?.us).toBe(all.reduce((sum, { us }) => sum + us, 0));
      }),
    );
  });

  it('leaves out what is too narrow to be seen', () => {
    const tree = orderPaths([path('a;b', 1_000_000), path('a;thin', 10)]);
    expect(layOut(tree, 0.1 / 1200).map(({ name }) => name)).toEqual(['all', 'a', 'b']);
  });

  it('keeps to a number of frames', () => {
    const tree = orderPaths(Array.from({ length: 500 }, (_, at) => path(`t;f${at}`, at + 1)));
    const boxes = layOutAtMost(tree, 0, 100);
    expect(boxes.length).toBeLessThanOrEqual(100);
    expect(boxes.length).toBeGreaterThan(90);
    expect(boxes.map(({ name }) => name)).toContain('f499');
    const alike = orderPaths(Array.from({ length: 500 }, (_, at) => path(`t;f${at}`, 1)));
    expect(layOutAtMost(alike, 0, 100).map(({ name }) => name)).toEqual(['all', 't']);
  });

  it('takes 100,000 stacks, and stacks as deep as can be', () => {
    const begun = performance.now();
    const many = Array.from({ length: 100_000 }, (_, at) =>
      path(
        `t${at % 50};${Array.from({ length: 30 }, (_none, depth) => `f${depth}_${at % (depth * 400 + 1)}`).join(';')}`,
        1 + (at % 7),
      ),
    );
    const boxes = layOutAtMost(orderPaths(many), 1e-9, 30_000);
    expect(boxes.length).toBeLessThanOrEqual(30_000);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(layOut(orderPaths([path(`t;${'f;'.repeat(20_000)}g`, 1)]), 0)).toHaveLength(1001);
  });
});

describe('speedscope', () => {
  it('is a file of its schema, one profile for each guest', () => {
    const paths = pathsOf([{ guest: 'vm1', waits: [wait('a x y', 4), wait('b x', 2), wait('c z', 0)] }], classifier);
    const file = speedscopeOf(
      [
        { guest: 'vm1', paths },
        { guest: 'vm2', paths: [] },
      ],
      'Off-CPU',
      'provision 1',
    );
    const ajv = new Ajv({ strict: false, allErrors: true });
    expect(ajv.validate(SPEEDSCOPE_SCHEMA, file), JSON.stringify(ajv.errors)).toBe(true);
    expect(ajv.validate(SPEEDSCOPE_SCHEMA, { ...file, profiles: [{ ...file.profiles[0], unit: 'us' }] })).toBe(false);
    const [profile] = file.profiles;
    expect(profile?.weights).toEqual([4, 2]);
    expect(profile?.endValue).toBe(6);
    const named = profile?.samples.map((sample) => sample.map((index) => file.shared.frames[index]?.name).join(';'));
    expect(named).toEqual(['a;y;x', 'b;x']);
  });
});

describe('topWaits', () => {
  it('adds up places over guests and asks what the heaviest stack means', () => {
    const guests = [
      {
        guest: 'vm1',
        waits: [
          wait('dd schedule submit_bio_wait vfs_read', 6),
          wait('dd schedule submit_bio_wait other', 1),
          wait('sh schedule do_wait', 2),
        ],
      },
      { guest: 'vm2', waits: [wait('dd schedule submit_bio_wait vfs_read', 3)] },
    ];
    const explain = ({ stack }: Wait): { signature: null; meaning: string } => ({
      signature: null,
      meaning: stack.at(-1) ?? '',
    });
    expect(topWaits(guests, classifier, { most: 1, explain })).toEqual([
      {
        task: 'dd',
        on: ['vm1', 'vm2'],
        us: 10,
        share: 10 / 12,
        where: 'submit_bio_wait',
        wait: 'disk',
        waker: null,
        pending: false,
        signature: null,
        meaning: 'vfs_read',
      },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { conclude } from '../../../src/crash/analysis/conclude.ts';
import { crossCheck, implausible } from '../../../src/crash/analysis/cross-check.ts';
import { memoryFindings, workqueueFindings } from '../../../src/crash/analysis/findings.ts';
import { groupBlocked } from '../../../src/crash/analysis/stacks.ts';
import { taintOfMask } from '../../../src/crash/analysis/taint.ts';
import { parseDrgn } from '../../../src/crash/analysis/readers/drgn-answer.ts';
import { loadCrashKnowledge } from '../../../src/shipped/crash-knowledge.ts';
import { hungTask, task } from '../support/evidence.ts';

const KNOWLEDGE = loadCrashKnowledge();
const frames = (...names: string[]) =>
  names.map((name) => ({ function: name, source: null, inline: false, module: null }));
const GOOD = [task(1), task(2), task(3)];

describe('conclude', () => {
  it('names who hung, and does not believe a broken reader', () => {
    const analysis = conclude(hungTask(), KNOWLEDGE);
    expect(analysis.panic).toMatchObject({ reason: 'hung_task: blocked tasks', trigger: 'hung_task' });
    expect(analysis.panic.task).toEqual({ pid: 23, comm: 'khungtaskd', cpu: 0 });
    expect(analysis.tasks).toEqual({ total: 7, blocked: 1, reader: 'drgn' });
    expect(analysis.blocked).toMatchObject([{ tasks: [{ comm: 'Xorg', pid: 471 }] }]);
    expect(analysis.findings[0]).toMatchObject({ level: 'broken' });
    expect(analysis.findings[0]?.text).toBe(
      'crash cannot read the tasks of this dump: it sees 1 task and no pid 1. Its list is not used.',
    );
    expect(analysis.dump.crashedAt).toBe('2026-11-24T17:24:02Z');
    expect(JSON.parse(JSON.stringify(analysis))).toEqual(analysis);
  });

  it('goes by the log where there are no symbols, and says how little that is', () => {
    const missing = { reason: 'there is no vmlinux here', remedy: '--download fetches it' };
    const analysis = conclude(hungTask({ symbols: missing, drgn: null, crash: null }), KNOWLEDGE);
    expect(analysis.tasks).toBeNull();
    expect(analysis.blocked?.[0]?.tasks).toMatchObject([{ comm: 'Xorg', pid: 471, blockedNs: 20e9 }]);
    expect(analysis.findings).toEqual([
      { level: 'note', text: 'Read without symbols: there is no vmlinux here.', remedy: '--download fetches it' },
    ]);
  });

  it('does not take a broken list for "nobody is blocked"', () => {
    const analysis = conclude(hungTask({ drgn: null, log: null }), KNOWLEDGE);
    expect(analysis.blocked).toBeNull();
    expect(analysis.tasks).toBeNull();
    expect(analysis.panic.reason).toBe('hung_task: blocked tasks');
  });

  it('reports sections that failed and keeps the others', () => {
    const drgn = parseDrgn('{"section":"memory","error":"FaultError: x","ms":1}');
    const analysis = conclude(hungTask({ drgn, crash: null }), KNOWLEDGE);
    expect(analysis.findings.filter(({ level }) => level === 'broken').map(({ text }) => text)).toContain(
      'drgn could not read the memory section: FaultError: x',
    );
  });

  it('says so when the build-id could not be compared', () => {
    const unproven = { vmlinux: '/x/vmlinux', modules: [], from: 'given', proven: false } as const;
    const analysis = conclude(hungTask({ symbols: unproven }), KNOWLEDGE);
    expect(analysis.findings.map(({ text }) => text).join()).toContain('not proven that the vmlinux fits');
  });
});

describe('crossCheck', () => {
  it.each([
    ['nothing', [], 1, 'no task at all'],
    ['what crash 8.0.2 reads', [task(23)], 1, '1 task and no pid 1'],
    ['a list without init', [task(2), task(3), task(4)], 1, '3 tasks and no pid 1'],
    ['fewer than the CPUs need', [task(1), task(2), task(3)], 4, '3 tasks, where 4 CPUs alone need 6'],
  ])('does not believe %s', (_what, tasks, cpus, wrong) => {
    expect(implausible({ reader: 'crash', tasks }, cpus)).toBe(wrong);
  });

  it('says when two readers agree, and when they do not', () => {
    const alike = crossCheck(
      [
        { reader: 'drgn', tasks: GOOD },
        { reader: 'crash', tasks: GOOD },
      ],
      1,
    );
    expect(alike.findings).toEqual([
      { level: 'note', text: 'drgn counts 3 tasks, 0 of them blocked; so does crash', remedy: null },
    ]);
    const more = [...GOOD, task(4, { state: 'D' })];
    const differ = crossCheck(
      [
        { reader: 'drgn', tasks: GOOD },
        { reader: 'crash', tasks: more },
      ],
      1,
    );
    expect(differ.list?.reader).toBe('drgn');
    expect(differ.findings[0]).toMatchObject({ level: 'suspect', remedy: 'what drgn says is shown' });
  });

  it('takes the second reader when the first is broken', () => {
    expect(
      crossCheck(
        [
          { reader: 'drgn', tasks: [] },
          { reader: 'crash', tasks: GOOD },
        ],
        1,
      ).list?.reader,
    ).toBe('crash');
  });
});

describe('groupBlocked', () => {
  it('puts tasks of the same stack together, the longest blocked first', () => {
    const stack = frames('schedule', 'mutex_lock');
    const groups = groupBlocked([
      task(5, { state: 'D', stack, blockedNs: 5e9 }),
      task(6, { state: 'D', stack: frames('schedule', 'io_schedule'), blockedNs: 9e9 }),
      task(7, { state: 'D', stack, blockedNs: 7e9 }),
      task(8, { state: 'I', stack }),
      task(9, { state: 'D', stack: [], blockedNs: null }),
      task(10, { state: 'D', stack: [], blockedNs: null }),
    ]);
    expect(groups.map(({ tasks }) => tasks.map(({ pid }) => pid))).toEqual([[6], [7, 5], [9], [10]]);
  });
});

describe('findings', () => {
  const { memory, slabs } = conclude(hungTask(), KNOWLEDGE);

  it('have nothing to say about a healthy guest', () => {
    expect(memoryFindings(memory, slabs)).toEqual([]);
    expect(workqueueFindings(conclude(hungTask(), KNOWLEDGE).workqueues)).toEqual([]);
  });

  it('point at memory that is gone', () => {
    const [zone] = memory!.zones;
    const bad = {
      ...memory!,
      available: memory!.total / 100,
      slabUnreclaimable: memory!.total / 2,
      zones: [{ ...zone!, free: zone!.min - 1 }],
    };
    expect(memoryFindings(bad, slabs).map(({ text }) => text)).toEqual([
      'Zone DMA is below its min watermark: allocations there wait for reclaim, or fail.',
      'Only 1 % of the memory is available.',
      '50 % of the memory is unreclaimable slab; inode_cache holds the most, with 16368 objects.',
    ]);
  });

  it('point at work that nobody does', () => {
    const busy = {
      pid: 77,
      comm: 'kworker/0:1',
      state: 'D',
      function: 'drain_local_pages_wq',
      workqueue: 'mm_percpu_wq',
    };
    const pool = {
      id: 0,
      cpu: 0,
      nice: 0,
      workers: 1,
      idle: 0,
      running: 0,
      busy: [busy],
      pending: [],
      pendingCount: 3,
    };
    expect(workqueueFindings({ pools: [pool], heldBack: [] }).map(({ text }) => text)).toEqual([
      'kworker/0:1 (pid 77) of the worker pool of CPU 0 is blocked in drain_local_pages_wq of mm_percpu_wq.',
      '3 work items wait in the worker pool of CPU 0, and no worker of it can run.',
    ]);
  });
});

describe('taintOfMask', () => {
  it('explains the bits', () => {
    expect(taintOfMask(2 ** 9 + 2 ** 12, KNOWLEDGE.taints).map(({ letter }) => letter)).toEqual(['W', 'O']);
    expect(taintOfMask(2 ** 40, KNOWLEDGE.taints)).toMatchObject([{ letter: '?', name: 'BIT_40', suspect: true }]);
  });
});

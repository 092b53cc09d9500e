import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { stackChanges } from '../../../src/investigate/stacks/changes.ts';
import { foldStacks, tellTasks } from '../../../src/investigate/stacks/fold.ts';
import { collection, explain, task } from './support/looks.ts';

const FLUSH = ['__flush_work', 'drain_all_pages', '__alloc_pages'];

describe('folding', () => {
  it('puts the same functions together over guests, what most share first', () => {
    const groups = foldStacks(
      [
        { guest: 'vm1', tasks: [task({ functions: FLUSH }), task({ tid: 11, seconds: 5 })] },
        { guest: 'vm2', tasks: [task({ tid: 12, seconds: 500 }), task({ tid: 13, seconds: null })] },
        { guest: 'vm3', tasks: [task({ tid: 14, functions: ['x', 'y'] }), task({ tid: 15, functions: ['x', 'y'] })] },
      ],
      explain,
    );
    expect(groups.map(({ functions, guests, tasks }) => [functions[0], guests, tasks.map(({ tid }) => tid)])).toEqual([
      ['percpu_rwsem_wait', ['vm1', 'vm2'], [12, 11, 13]],
      ['x', ['vm3'], [14, 15]],
      ['__flush_work', ['vm1'], [10]],
    ]);
    expect(groups[0]).toMatchObject({ longestSeconds: 500, blocked: true, hungTask: 'counted' });
    expect(groups[0]?.explanation?.trace.task?.pid).toBe(12);
  });

  it('keeps apart who is blocked and who only sleeps in the same place, and the sleepers last', () => {
    const sleeping = task({ tid: 20, state: 'S', blocked: false, hungTask: null });
    const groups = foldStacks([{ guest: 'a', tasks: [sleeping, { ...sleeping, tid: 21 }, task()] }], explain);
    expect(groups.map(({ blocked, tasks }) => [blocked, tasks.length])).toEqual([
      [true, 1],
      [false, 2],
    ]);
  });

  it('goes by the waiting function where there is no stack', () => {
    const bare = { functions: [], trace: null };
    const tasks = [task({ ...bare, wchan: 'a' }), task({ ...bare, wchan: 'b' }), task({ ...bare, wchan: 'a' })];
    const groups = foldStacks([{ guest: 'vm1', tasks }], explain);
    expect(groups.map(({ wchan, tasks: all, explanation }) => [wchan, all.length, explanation])).toEqual([
      ['a', 2, null],
      ['b', 1, null],
    ]);
  });

  it('loses nobody, and gives a stack the same id whoever stands in it', () => {
    const stacks = fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(stacks, (all) => {
        const tasks = all.map((functions, at) => task({ tid: at + 1, functions }));
        const groups = foldStacks([{ guest: 'g', tasks }], explain);
        expect(groups.flatMap(({ tasks: members }) => members.map(({ tid }) => tid)).sort((a, b) => a - b)).toEqual(
          tasks.map(({ tid }) => tid),
        );
        expect(groups).toHaveLength(new Set(all.map((functions) => functions.join())).size);
        const again = foldStacks([{ guest: 'other', tasks: [...tasks].reverse() }], explain);
        expect(new Set(again.map(({ id }) => id))).toEqual(new Set(groups.map(({ id }) => id)));
      }),
    );
  });

  it('puts the task into what to run next', () => {
    const step = { run: 'cat /proc/PID/syscall; echo PIDS', why: '' };
    const [group] = foldStacks([{ guest: 'g', tasks: [task({ tid: 77 })] }], (trace) => ({
      ...explain(trace),
      general: [step],
    }));
    expect(group?.explanation?.general?.[0]?.run).toBe('cat /proc/77/syscall; echo PIDS');
  });

  it('tells each task its group and what that is known as', () => {
    const match = { signature: 'fsfreeze', category: 'fsfreeze', confidence: 0.9 };
    const known = (trace: Parameters<typeof explain>[0]) => ({
      ...explain(trace),
      matches: [{ ...match, title: '', meaning: '', next: [], fixes: [], mitigations: [], references: [] }],
    });
    const found = collection({ blocked: [task()] });
    const groups = foldStacks([{ guest: 'vm1', tasks: found.blocked }], known);
    expect(tellTasks(found, groups).blocked[0]).toMatchObject({ group: groups[0]?.id, matches: [match] });
  });
});

describe('what changed between two looks', () => {
  it('is the groups that came and went, not the tasks within', () => {
    const at = (...functions: string[][]) =>
      foldStacks([{ guest: 'g', tasks: functions.map((each, tid) => task({ tid, functions: each })) }], explain);
    const { appeared, gone } = stackChanges(at(['a'], ['b']), at(['b'], ['b'], ['c']));
    expect(appeared.map(({ functions }) => functions)).toEqual([['c']]);
    expect(gone.map(({ functions }) => functions)).toEqual([['a']]);
  });
});

import { describe, expect, it } from 'vitest';
import { matchSignatures } from '../../../src/investigate/signatures/match.ts';
import type { Signature } from '../../../src/investigate/signatures/knowledge.ts';
import type { Trace } from '../../../src/investigate/trace.ts';
import { knowledge, signature, trace } from './knowledge.ts';

const names = (what: Trace, ...signatures: Signature[]): string[] =>
  matchSignatures(what, knowledge(...signatures)).map((match) => match.signature);

const confidence = (what: Trace, one: Signature): number | undefined =>
  matchSignatures(what, knowledge(one))[0]?.confidence;

describe('a stack pattern', () => {
  it.each<[string, string[], string[], boolean]>([
    ['its first step at the top', ['wait_x'], ['wait_x', 'vfs_write'], true],
    ['below frames that only sleep', ['wait_x'], ['schedule', 'wait_x', 'vfs_write'], true],
    ['not below one that works', ['wait_x'], ['other', 'wait_x'], false],
    ['steps in their order', ['a', 'c'], ['a', 'b', 'c'], true],
    ['not in another order', ['c', 'a'], ['a', 'b', 'c'], false],
    ['any of several names', ['x|y|wait_*'], ['wait_x'], true],
    ['a beginning', ['wait_*'], ['wait_for_x'], true],
    ['a part of a name', ['*for*'], ['wait_for_x'], true],
    ['a name with regular expression signs as it is', ['wait.x'], ['waitax'], false],
    ['a module', ['*[zfs]'], ['foo [zfs]'], true],
    ['not another module', ['*[zfs]'], ['foo [spl]'], false],
    ['what comes next', ['mutex_lock', '+ext4_*'], ['mutex_lock', 'ext4_write'], true],
    ['what comes next behind locks', ['__mutex_lock', '+ext4_*'], ['__mutex_lock', 'mutex_lock', 'ext4_write'], true],
    ['not what comes later', ['mutex_lock', '+ext4_*'], ['mutex_lock', 'rfkill', 'ext4_write'], false],
    ['an earlier step further out, if that helps', ['a', 'b*', '+c'], ['a', 'b1', 'x', 'b2', 'c'], true],
  ])('finds %s', (_what, steps, frames, found) => {
    expect(names(trace(frames), signature('s', { stacks: [steps] }))).toEqual(found ? ['s'] : []);
  });

  it('may stand deeper when the signature says so, and then counts for less', () => {
    const deep = signature('s', { stacks: [['wait_x']], top: 2 });
    expect(confidence(trace(['wait_x']), deep)).toBeGreaterThan(confidence(trace(['a', 'b', 'wait_x']), deep) ?? 1);
    expect(names(trace(['a', 'b', 'c', 'wait_x']), deep)).toEqual([]);
  });

  it('is void where one of its exclusions stands', () => {
    const one = signature('s', { stacks: [['wait_x']], none: ['shrink_*'] });
    expect(names(trace(['wait_x', 'shrink_node']), one)).toEqual([]);
    expect(names(trace(['wait_x', 'vfs_write']), one)).toEqual(['s']);
  });
});

describe('frames with a question mark', () => {
  const wait = signature('s', { stacks: [['wait_x']], top: 0 });
  it.each<[string, string[], boolean]>([
    ['do not count among sure ones', ['a', 'b', 'c', '? wait_x'], false],
    ['count when nearly all have one', ['? schedule', '? junk', '? wait_x', '? vfs_write', '? more'], true],
    ['count at the top when nothing else is known', ['? wait_x', 'a', 'b', 'c'], true],
  ])('%s', (_what, frames, found) => {
    expect(names(trace(frames), wait)).toEqual(found ? ['s'] : []);
  });

  it('are worth less', () => {
    expect(confidence(trace(['? wait_x', '? vfs_write']), wait)).toBeLessThan(
      confidence(trace(['wait_x', 'vfs_write']), wait) ?? 0,
    );
  });
});

describe('what stands beside the stack', () => {
  it('a report of a CPU that runs shows no wait', () => {
    const wait = signature('s', { stacks: [['wait_x']], top: 1 });
    for (const kind of ['soft_lockup', 'rcu_stall', 'oops', 'warning', 'oom', 'lockdep'] as const)
      expect(names(trace(['wait_x'], { kind }), wait)).toEqual([]);
    expect(names(trace(['dump_stack', 'wait_x'], { kind: 'backtrace' }), wait)).toEqual([]);
    expect(names(trace(['wait_x'], { kind: 'backtrace' }), wait)).toEqual(['s']);
  });

  it('a signature may be about such a report, with no stack at all', () => {
    expect(names(trace([], { kind: 'soft_lockup' }), signature('s', { kinds: ['soft_lockup'] }))).toEqual(['s']);
  });

  it.each<[string | null, Trace['kind'], boolean]>([
    ['S', 'task_state', true],
    ['D', 'task_state', false],
    [null, 'proc', true],
    // khungtaskd reports no others.
    [null, 'hung_task', false],
  ])('a state that is asked for: %s in %s', (state, kind, found) => {
    const idle = signature('s', { kinds: ['proc', 'task_state', 'hung_task'], states: ['S'], stacks: [['ep_poll']] });
    expect(names(trace(['ep_poll'], { state, kind }), idle)).toEqual(found ? ['s'] : []);
  });

  it('a headline and a comm are asked for as regular expressions, and are evidence', () => {
    const plain = signature('s', { stacks: [['x']] });
    const more = signature('s', { stacks: [['x']], headline: 'blocked for', comm: '^X' });
    const what = trace(['x'], { headline: 'INFO: task Xorg:1 blocked for more than 120 seconds.' });
    expect(confidence(what, more)).toBeGreaterThan(confidence(what, plain) ?? 1);
    expect(names(trace(['x']), more)).toEqual([]);
  });

  it('a stack of another age counts half', () => {
    const late = { kernels: { from: '6.0', before: null } };
    const [half, whole] = [
      signature('s', { stacks: [['old_wait']] }, late),
      signature('s', { stacks: [['old_wait']] }),
    ];
    const found = [half, whole].map((one) => confidence(trace(['old_wait']), one) ?? 0);
    expect(found[0]).toBeCloseTo((found[1] ?? 0) / 2, 1);
  });
});

describe('the matches', () => {
  it('come best first: what says more outranks what says less', () => {
    const found = names(
      trace(['wait_x', 'nfs_y', 'vfs_write']),
      signature('fallback', { stacks: [['wait_x']] }, { grade: 'fallback' }),
      signature('usual', { stacks: [['wait_x']] }, { grade: 'usual' }),
      signature('longer', { stacks: [['wait_x'], ['wait_x', 'nfs_*']] }),
      signature('exact', { stacks: [['wait_x']] }),
    );
    expect(found).toEqual(['longer', 'exact', 'usual', 'fallback']);
  });

  it('say who asked, and where that belongs', () => {
    const one = signature('s', { stacks: [['__mutex_lock']] }, { namesCaller: true });
    const [match] = matchSignatures(trace(['__mutex_lock', 'mutex_lock', 'ext4_rename', 'vfs_write']), knowledge(one));
    expect(match?.meaning).toBe('It is s. Here it was asked for by ext4_rename (ext4).');
  });

  it('are none for an empty stack', () => {
    expect(names(trace([]), signature('s', { stacks: [['x']] }))).toEqual([]);
  });
});

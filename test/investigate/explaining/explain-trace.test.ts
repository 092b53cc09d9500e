import { describe, expect, it } from 'vitest';
import { explainGroups, verdictOf } from '../../../src/investigate/explaining/explain-groups.ts';
import { explainTrace } from '../../../src/investigate/explaining/explain-trace.ts';
import { readTraces, StackStream } from '../../../src/investigate/reading/read-traces.ts';
import { loadExplainKnowledge } from '../../../src/shipped/explain-knowledge.ts';
import { KNOWLEDGE, traceOf } from './knowledge.ts';

const shipped = loadExplainKnowledge();

describe('explainTrace', () => {
  it('says what each function is for, the inferred ones too', () => {
    const { frames } = explainTrace(
      traceOf(['pipe_read', 'drain_all_pages', '__x64_sys_read', 'unheard_of']),
      KNOWLEDGE,
    );
    expect(frames.map(({ frame, note }) => [frame.function, note])).toEqual([
      ['schedule', 'gives the CPU away'],
      ['pipe_read', null],
      ['drain_all_pages', 'has CPUs give pages back'],
      ['__x64_sys_read', 'the system call read'],
      ['unheard_of', null],
    ]);
  });

  it('has the subsystem and advice where nothing fits, each command once', () => {
    const explanation = explainTrace(traceOf(['drain_all_pages']), KNOWLEDGE);
    expect(explanation).toMatchObject({ matches: [], subsystem: 'mm' });
    expect(explanation.general?.map(({ run }) => run)).toEqual(['free', 'dmesg']);
    expect(explainTrace(traceOf(['my_wait [mydrv]']), KNOWLEDGE).subsystem).toBe('mydrv');
    expect(explainTrace(traceOf([]), KNOWLEDGE)).toMatchObject({ matches: [], subsystem: null });
  });

  it('knows what a panic says', () => {
    const headline = 'Kernel panic - not syncing: hung_task: blocked tasks';
    expect(explainTrace(traceOf(['panic'], { kind: 'oops', headline }), KNOWLEDGE).panic).toBe(
      'a task stood in D state',
    );
    expect(explainTrace(traceOf(['panic'], { kind: 'oops', headline: 'Oops: 0' }), KNOWLEDGE)).not.toHaveProperty(
      'panic',
    );
  });
});

describe('with the knowledge that is shipped', () => {
  const CASE = `__switch_to+0x94/0xd8
__flush_work+0x12c/0x1d8
flush_work+0x20/0x30
drain_all_pages+0x1a4/0x270
__alloc_pages_nodemask+0x8dc/0xd58
ttm_pool_populate+0x1cc/0x4f0 [ttm]
virtio_gpu_ttm_tt_populate+0x20/0x30 [virtio_gpu]
virtio_gpu_object_create+0x1c4/0x2a0 [virtio_gpu]
drm_ioctl+0x1c8/0x3e8 [drm]
el0_svc+0x8/0xc`;

  it('explains the first case: the wait that is not seen, the age, the two changes, and the kworkers', () => {
    const [trace] = readTraces(CASE.split('\n'));
    const explanation = explainTrace(trace!, shipped);
    expect(explanation.frames.slice(0, 4).map(({ frame }) => [frame.function, frame.inferred !== null])).toEqual([
      ['__switch_to', false],
      ['schedule', true],
      ['wait_for_completion', true],
      ['__flush_work', false],
    ]);
    expect(explanation.age).toMatchObject({ from: null, before: '5.4' });
    const [best] = explanation.matches;
    expect(best).toMatchObject({ category: 'reclaim-drain' });
    expect(best?.confidence).toBeGreaterThanOrEqual(0.8);
    expect(best?.fixes.map(({ commit, release }) => [commit.slice(0, 12), release])).toEqual([
      ['443c2accd1b6', '6.0'],
      ['c66df701e783', '5.4'],
    ]);
    expect(best?.next.map(({ why }) => why).join(' ')).toMatch(/kworker/);
  });

  it('recognises it as a chain in prose, and says what does not fit', () => {
    const chain =
      'drm_ioctl -> virtio_gpu_object_create -> ttm_pool_populate -> __alloc_pages -> drain_all_pages -> flush_work';
    const [trace] = readTraces([chain]);
    const { age, matches } = explainTrace(trace!, shipped);
    expect(age.before).toBe('5.4');
    expect(matches[0]).toMatchObject({ category: 'reclaim-drain' });
    expect(matches[0]?.confidence).toBeGreaterThanOrEqual(0.8);
  });

  it('has waits whose functions it knows, each once', () => {
    const above = shipped.waits.flatMap((wait) => wait.above);
    expect(new Set(above).size).toBe(above.length);
    const sleepers = new Set(shipped.waits.flatMap(({ calls }) => calls));
    for (const name of sleepers)
      expect(shipped.frames.get(name)?.note ?? `${name} has no note`).not.toContain('no note');
    for (const { calls } of shipped.waits) expect(calls.at(-1)).toBe('schedule');
  });

  it('has clues with a bound each, in their right order', () => {
    for (const { from, before, because } of shipped.clues) {
      expect(from ?? before, because).not.toBeNull();
      expect(because, 'no full stop: the bound follows').not.toMatch(/\.$/);
    }
  });

  it('gives advice for subsystems that exist', () => {
    const known = new Set([...[...shipped.frames.values()].map(({ subsystem }) => subsystem), 'any']);
    const named = shipped.advice.flatMap(({ subsystems }) => subsystems);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('explainGroups', () => {
  it('puts what is known first and what merely sleeps last', () => {
    const stream = new StackStream();
    stream.push(`[<0>] worker_thread+0x5/0x9
[<0>] kthread+0x63/0x90
[<0>] ret_from_fork+0x55/0x80
[<0>] unheard_of_wait+0x5/0x9 [mydrv]
[<0>] entry_SYSCALL_64_after_hwframe+0x55/0x80
[<0>] __flush_work+0x12c/0x1d8
[<0>] drain_all_pages+0x1a4/0x270
[<0>] __alloc_pages_nodemask+0x8dc/0xd58
[<0>] entry_SYSCALL_64_after_hwframe+0x55/0x80\n`);
    stream.push(
      'task:x  state:S stack:0 pid:1 ppid:1 flags:0x00000000\nCall Trace:\n unheard_of_wait+0x1/0x2 [mydrv]\n',
    );
    const groups = explainGroups(stream.end().groups, shipped);
    expect(groups.map(({ explanation }) => verdictOf(explanation))).toEqual([
      'known',
      'unknown',
      'not-a-hang',
      'asleep',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { putBack } from '../../../src/investigate/explaining/put-back.ts';
import type { TraceKind } from '../../../src/investigate/trace.ts';
import { KNOWLEDGE, traceOf } from './knowledge.ts';

function inShort(names: readonly string[], kind: TraceKind = 'proc'): string {
  return putBack(traceOf(names, { kind }), KNOWLEDGE.waits)
    .map((frame) => (frame.inferred === null ? frame.function : `+${frame.function}`))
    .join(' ');
}

describe('putBack', () => {
  it.each<[string, string[], string]>([
    ['what waits', ['__flush_work', 'flush_work'], '+schedule +wait_for_completion __flush_work flush_work'],
    [
      'the schedulers of old arm64 kernels stay on top',
      ['__switch_to', '__flush_work'],
      '__switch_to +schedule +wait_for_completion __flush_work',
    ],
    [
      'who has switched has called schedule',
      ['__switch_to', 'nobody_knows_it'],
      '__switch_to +schedule nobody_knows_it',
    ],
    ['what nobody knows stays as it is', ['nobody_knows_it', '__flush_work'], 'nobody_knows_it __flush_work'],
    ['a lone __switch_to', ['__switch_to'], '__switch_to'],
    ['nothing', [], ''],
  ])('%s', (_what, names, expected) => {
    expect(inShort(names)).toBe(expected);
  });

  it.each<TraceKind>(['hung_task', 'task_state', 'backtrace', 'crash_bt', 'bpf', 'folded', 'oops'])(
    'leaves a %s alone: it has all of its frames',
    (kind) => {
      expect(inShort(['__flush_work'], kind)).toBe('__flush_work');
    },
  );

  it('says why', () => {
    const [first, second, third] = putBack(traceOf(['__flush_work']), KNOWLEDGE.waits);
    expect(first?.inferred).toContain('__flush_work calls wait_for_completion, which calls schedule');
    expect(second?.inferred).toBe(first?.inferred);
    expect(third?.inferred).toBeNull();
  });
});

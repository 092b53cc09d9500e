import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Outcome } from '../../src/events.ts';
import { endOf, endsOf, familyOf, leftOf } from '../../src/journal/left.ts';
import { begun, ended, recordOf } from './records.ts';

const OUTCOMES: readonly (readonly [Outcome, left: boolean])[] = [
  ['converged', false],
  ['changed', false],
  ['captured', false],
  ['reboot-pending', false],
  ['skipped', false],
  ['failed', true],
  ['unreachable', true],
  ['refused', true],
  ['interrupted', true],
  ['not-begun', true],
];

describe('who is left', () => {
  it.each(OUTCOMES)('%s', (outcome, left) => {
    expect(leftOf([recordOf('a', ['vm1'], [begun('vm1'), ended('vm1', outcome)])])).toEqual(left ? ['vm1'] : []);
  });

  it('a guest that was begun without an end, and one that nobody came to', () => {
    const record = recordOf('a', ['vm1', 'vm2', 'vm3'], [begun('vm2'), begun('vm1'), ended('vm1', 'changed')]);
    expect(leftOf([record])).toEqual(['vm2', 'vm3']);
    expect(endsOf(record).map(({ outcome }) => outcome)).toEqual(['changed', null, undefined]);
  });

  it('nobody that any run of the chain has brought to a good end', () => {
    const first = recordOf('a', ['vm1', 'vm2', 'vm3'], [ended('vm1', 'changed'), ended('vm2', 'failed')]);
    const second = recordOf('b', ['vm2', 'vm3'], [ended('vm2', 'changed'), ended('vm3', 'unreachable')], 'a');
    const third = recordOf('c', ['vm3'], [ended('vm3', 'failed')], 'b');
    const other = recordOf('d', ['vm9'], []);
    const all = [first, second, third, other];
    for (const id of ['a', 'b', 'c']) expect(familyOf(all, id)).toEqual([first, second, third]);
    expect(leftOf(familyOf(all, 'c'))).toEqual(['vm3']);
    expect(leftOf(familyOf(all, 'd'))).toEqual(['vm9']);
  });

  it('is told without end where journals name each other in a circle', () => {
    const all = [recordOf('a', ['vm1'], [], 'b'), recordOf('b', ['vm1'], [], 'a')];
    expect(familyOf(all, 'a').length).toBeGreaterThan(0);
  });

  it('whatever order events come in: done or left, never both', () => {
    const names = ['vm1', 'vm2', 'vm3'];
    const event = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...OUTCOMES))
      .map(([name, [o]]) => ended(name, o));
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const record = recordOf('a', names, events);
        const left = leftOf([record]);
        const word = new Map(OUTCOMES);
        for (const { guest, outcome } of endsOf(record))
          expect(left.includes(guest)).toBe(!outcome || word.get(outcome));
      }),
    );
  });
});

it('tells how a run ended', () => {
  const end = (exitCode: number) => ({ kind: 'run.finished', outcomes: {}, exitCode, ms: 1 }) as const;
  expect(endOf(recordOf('a', [], [end(4)]), false)).toBe('exit 4');
  expect(endOf(recordOf('a', [], [end(130)]), false)).toBe('interrupted');
  expect(endOf(recordOf('a', [], []), true)).toBe('runs');
  expect(endOf(recordOf('a', [], []), false)).toBe('cut off');
});

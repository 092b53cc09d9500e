import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { batchesOf, type Placed, type Ramp } from '../../../src/rollout/strategy/batches.ts';
import { inOrder, type Order } from '../../../src/rollout/strategy/order.ts';
import { parseShare } from '../../../src/rollout/strategy/share.ts';

const fleet = (n: number, groups?: number): Placed[] =>
  Array.from({ length: n }, (_, index) => {
    const name = `vm${index + 1}`;
    return groups === undefined ? { name } : { name, group: `hv${(index % groups) + 1}` };
  });

function ramp(batch: string, canary?: string, serialBy?: string): Ramp {
  const share = (text: string) => parseShare(text) ?? expect.fail(text);
  return {
    order: { kind: 'inventory' },
    sizes: batch === '' ? [] : batch.split(',').map(share),
    ...(canary === undefined ? {} : { canary: share(canary) }),
    ...(serialBy === undefined ? {} : { serialBy }),
  };
}

const sizes = (guests: Placed[], how: Ramp): number[] => batchesOf(guests, how).map((batch) => batch.guests.length);

describe('the ramp', () => {
  it.each<[string, number, string, string | undefined, number[]]>([
    ['nothing said', 10, '', undefined, [10]],
    ['a canary and the rest', 10, '', '1', [1, 9]],
    ['a canary that is everybody', 3, '', '5', [3]],
    ['a canary in percent', 20, '', '10%', [2, 18]],
    ['quarters', 100, '25%', undefined, [25, 25, 25, 25]],
    ['a share is rounded up', 10, '25%', undefined, [3, 3, 3, 1]],
    ['a share is of the whole fleet, the canary too', 100, '25%', '1', [1, 25, 25, 25, 24]],
    ['a ramp', 100, '1,5,25%,100%', undefined, [1, 5, 25, 69]],
    ['the last size repeats', 20, '1,5', undefined, [1, 5, 5, 5, 4]],
    ['more than there are', 3, '10', undefined, [3]],
    ['one guest', 1, '1%', '1', [1]],
  ])('%s', (_name, n, batch, canary, expected) => {
    expect(sizes(fleet(n), ramp(batch, canary))).toEqual(expected);
  });

  it('names its batches', () => {
    const names = batchesOf(fleet(10), ramp('5', '1')).map(({ name }) => name);
    expect(names).toEqual(['canary', 'batch 2 of 3', 'batch 3 of 3']);
  });
});

describe('serial groups', () => {
  it('go one after the other', () => {
    const batches = batchesOf(fleet(6, 2), ramp('', undefined, 'hypervisor'));
    expect(batches.map(({ name, guests }) => [name, guests])).toEqual([
      ['batch 1 of 2 (hypervisor hv1)', ['vm1', 'vm3', 'vm5']],
      ['batch 2 of 2 (hypervisor hv2)', ['vm2', 'vm4', 'vm6']],
    ]);
  });

  it('end a batch, and a canary, where they end', () => {
    expect(sizes(fleet(6, 3), ramp('100%', '3', 'hypervisor'))).toEqual([2, 1, 1, 2]);
    expect(sizes(fleet(16, 2), ramp('5', undefined, 'hypervisor'))).toEqual([5, 3, 5, 3]);
  });

  it('have one for guests without the label', () => {
    const batches = batchesOf([{ name: 'a', group: 'x' }, { name: 'b' }], ramp('', undefined, 'rack'));
    expect(batches.map(({ name }) => name)).toEqual(['batch 1 of 2 (rack x)', 'batch 2 of 2 (no rack)']);
  });
});

describe('the order', () => {
  const names = (order: Order, guests = [{ name: 'vm10' }, { name: 'vm9' }, { name: 'a' }]): string[] =>
    inOrder(guests, order).map(({ name }) => name);

  it('is that of the inventory, or sorted as people count', () => {
    expect(names({ kind: 'inventory' })).toEqual(['vm10', 'vm9', 'a']);
    expect(names({ kind: 'sorted' })).toEqual(['a', 'vm9', 'vm10']);
  });

  it('of a seed is the same today, tomorrow, and with the lines of the inventory in another order', () => {
    const shuffled = names({ kind: 'shuffled', seed: 'monday' }, fleet(8));
    expect(shuffled).toEqual(['vm7', 'vm4', 'vm6', 'vm1', 'vm3', 'vm2', 'vm8', 'vm5']);
    expect(names({ kind: 'shuffled', seed: 'monday' }, fleet(8).reverse())).toEqual(shuffled);
    expect(names({ kind: 'shuffled', seed: 'tuesday' }, fleet(8))).not.toEqual(shuffled);
  });
});

const share = fc.oneof(
  fc.record({ kind: fc.constant('guests' as const), n: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('percent' as const), n: fc.integer({ min: 1, max: 100 }) }),
);

it('whatever the ramp, every guest is in exactly one batch, and no batch mixes groups', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      fc.array(share, { maxLength: 4 }),
      fc.option(share, { nil: undefined }),
      fc.string(),
      (n, groups, steps, canary, seed) => {
        const guests = fleet(n, groups);
        const how = { order: { kind: 'shuffled' as const, seed }, sizes: steps, serialBy: 'hypervisor' };
        const batches = batchesOf(guests, canary === undefined ? how : { ...how, canary });
        expect(batches.flatMap((batch) => batch.guests).sort()).toEqual(guests.map(({ name }) => name).sort());
        const groupOf = new Map(guests.map(({ name, group }) => [name, group]));
        for (const batch of batches) {
          expect(batch.guests.length).toBeGreaterThan(0);
          expect(new Set(batch.guests.map((name) => groupOf.get(name))).size).toBe(1);
        }
      },
    ),
  );
});

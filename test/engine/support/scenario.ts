import fc from 'fast-check';

import type { Outcome } from '../../../src/events.ts';
import { batchesOf } from '../../../src/rollout/strategy/batches.ts';
import type { Schedule } from '../../../src/rollout/strategy/rollout-state.ts';
import { names } from './rollout.ts';

/** A rollout, and what its guests and its person make of it. */
export interface Scenario {
  readonly schedule: Schedule;
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** Guests that a look of the gate finds something wrong with. */
  readonly odd: ReadonlySet<string>;
  /** Which of those that wait ends next: numbers to be taken modulo how many there are. */
  readonly choices: readonly number[];
  /** The interrupt comes after so many ends; null: it does not. */
  readonly interruptAfter: number | null;
  /** Guests end as they come, and interrupts come whenever: what was not begun may be taken back. */
  readonly wild: boolean;
}

const OUTCOMES: Outcome[] = ['changed', 'converged', 'reboot-pending', 'failed', 'unreachable', 'refused'];

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    guests: fc.integer({ min: 1, max: 9 }),
    canary: fc.option(fc.integer({ min: 1, max: 2 })),
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    forks: fc.integer({ min: 1, max: 5 }),
    failureLimit: fc.option(fc.integer({ min: 1, max: 3 })),
    pauseMs: fc.constantFrom(0, 0, 1),
    gate: fc.boolean(),
    recalls: fc.boolean(),
    outcomes: fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(OUTCOMES.length - 1)), {
      minLength: 9,
      maxLength: 9,
    }),
    odd: fc.array(fc.nat(11), { maxLength: 2 }),
    choices: fc.array(fc.nat(11), { minLength: 9, maxLength: 9 }),
    interruptAfter: fc.option(fc.nat(8), { freq: 2 }),
    wild: fc.boolean(),
  })
  .map(({ guests, canary, sizes, outcomes, odd, ...rest }) => {
    const all = names(guests);
    const batches = batchesOf(
      all.map((name) => ({ name })),
      {
        order: { kind: 'inventory' },
        sizes: sizes.map((n) => ({ kind: 'guests' as const, n })),
        ...(canary === null ? {} : { canary: { kind: 'guests', n: canary } }),
      },
    );
    const { forks, failureLimit, pauseMs, gate, recalls, choices, interruptAfter, wild } = rest;
    return {
      schedule: { batches, forks, failureLimit, pauseMs, gate, recalls },
      outcomes: Object.fromEntries(all.map((name, index) => [name, OUTCOMES[outcomes[index] ?? 0] ?? 'changed'])),
      odd: new Set(odd.map((index) => `vm${index + 1}`)),
      choices,
      interruptAfter,
      wild,
    };
  });

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { batchesOf } from '../../../src/rollout/strategy/batches.ts';
import { next, rolloutOf } from '../../../src/rollout/strategy/next.ts';
import type { RolloutAction, RolloutEvent, Schedule } from '../../../src/rollout/strategy/rollout-state.ts';
import { failureLimit, parseShare } from '../../../src/rollout/strategy/share.ts';

const ramps = (batch: string, canary: string | undefined, total: number): Schedule['batches'] => {
  const share = (text: string) => parseShare(text) ?? expect.fail(text);
  return batchesOf(
    Array.from({ length: total }, (_, index) => ({ name: `vm${index + 1}` })),
    {
      order: { kind: 'inventory' },
      sizes: batch === '' ? [] : batch.split(',').map(share),
      ...(canary === undefined ? {} : { canary: share(canary) }),
    },
  );
};

interface Case {
  total: number;
  batch?: string;
  canary?: string | undefined;
  maxFailures?: string | undefined;
  forks?: number;
  pauseMs?: number;
  gate?: boolean;
}

function scheduleFor({
  total,
  batch = '',
  canary,
  maxFailures,
  forks = 100,
  pauseMs = 0,
  gate = false,
}: Case): Schedule {
  const budget = maxFailures === undefined ? undefined : (parseShare(maxFailures) ?? expect.fail(maxFailures));
  const limit = budget === undefined ? null : failureLimit(budget, total);
  return { batches: ramps(batch, canary, total), forks, failureLimit: limit, pauseMs, gate };
}

/** A rollout that is told things, and what it did. */
class Told {
  state;
  readonly actions: RolloutAction[] = [];

  constructor(schedule: Schedule) {
    this.state = rolloutOf(schedule);
  }

  tell(event: RolloutEvent): RolloutAction[] {
    const { state, actions } = next(this.state, event);
    this.state = state;
    this.actions.push(...actions);
    return [...actions];
  }

  of<K extends RolloutAction['kind']>(kind: K): Extract<RolloutAction, { kind: K }>[] {
    return this.actions.filter((action): action is Extract<RolloutAction, { kind: K }> => action.kind === kind);
  }

  get begun(): string[] {
    return this.of('begin').map(({ guest }) => guest);
  }
}

/** Goes on to the end; guests end in the order in which they were begun. */
function play(
  schedule: Schedule,
  failing: (guest: string) => boolean,
  gate: (batch: number) => boolean = () => true,
): Told {
  const told = new Told(schedule);
  const queue: RolloutEvent[] = [{ kind: 'start' }];
  for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
    for (const action of told.tell(event)) {
      if (action.kind === 'begin') queue.push({ kind: 'ended', guest: action.guest, failed: failing(action.guest) });
      if (action.kind === 'pause') queue.push({ kind: 'paused' });
      if (action.kind === 'gate') queue.push({ kind: 'gate', passed: gate(action.batch), reason: 'vm1 differs' });
    }
  }
  return told;
}

const kinds = (told: Told): string[] => told.actions.map(({ kind }) => kind);
const number = (guest: string): number => Number(guest.slice(2));

describe('a rollout', () => {
  it('goes through canary, pause, gate and batches', () => {
    const told = play(scheduleFor({ total: 3, canary: '1', pauseMs: 5, gate: true }), () => false);
    expect(kinds(told)).toEqual(['open', 'begin', 'close', 'pause', 'gate', 'open', 'begin', 'begin', 'close', 'done']);
  });

  it('begins a batch only when the one before has ended', () => {
    const told = new Told(scheduleFor({ total: 4, batch: '2' }));
    told.tell({ kind: 'start' });
    told.tell({ kind: 'ended', guest: 'vm2', failed: false });
    expect(told.begun).toEqual(['vm1', 'vm2']);
    told.tell({ kind: 'ended', guest: 'vm1', failed: false });
    expect(told.begun).toEqual(['vm1', 'vm2', 'vm3', 'vm4']);
  });

  it('of nobody is over at once', () => {
    expect(kinds(play(scheduleFor({ total: 0 }), () => false))).toEqual(['done']);
  });

  it('a gate that does not pass stops, and says why', () => {
    const told = play(
      scheduleFor({ total: 6, batch: '2', gate: true }),
      () => false,
      (batch) => batch === 0,
    );
    expect(told.begun).toHaveLength(4);
    expect(told.of('stop')).toEqual([
      { kind: 'stop', reason: 'the gate after batch 2 of 3 did not pass: vm1 differs', notBegun: ['vm5', 'vm6'] },
    ]);
    expect(kinds(told).at(-1)).toBe('done');
  });
});

describe('what stops a rollout', () => {
  /** The first so many fail, one guest at a time. */
  it.each<[string, Case, (guest: string) => boolean, number]>([
    ['without a budget nothing does', { total: 10 }, () => true, 10],
    ['0: the first failure', { total: 10, maxFailures: '0' }, (guest) => number(guest) === 3, 3],
    ['1: the first failure too, since reached is enough', { total: 10, maxFailures: '1' }, (g) => number(g) === 3, 3],
    ['2: the second', { total: 10, maxFailures: '2' }, (guest) => number(guest) % 3 === 0, 6],
    ['20% of 10: the second', { total: 10, maxFailures: '20%' }, (guest) => number(guest) % 3 === 0, 6],
    ['5% of 10, rounded up: the first', { total: 10, maxFailures: '5%' }, (guest) => number(guest) === 4, 4],
    ['0%: the first', { total: 10, maxFailures: '0%' }, (guest) => number(guest) === 4, 4],
    ['100%: only when nobody is left', { total: 10, maxFailures: '100%' }, () => true, 10],
    ['over the fleet, not the batch', { total: 10, batch: '2', maxFailures: '3' }, (g) => number(g) % 2 === 0, 6],
    ['all of a batch', { total: 9, batch: '3', maxFailures: '3' }, (guest) => number(guest) <= 3, 3],
    ['all of a batch but one', { total: 9, batch: '3', maxFailures: '4' }, (guest) => number(guest) <= 3, 9],
    ['all of a batch, and no budget', { total: 9, batch: '3' }, (guest) => number(guest) <= 3, 9],
    ['a canary, without any budget', { total: 10, canary: '1' }, (guest) => number(guest) === 1, 1],
    ['a canary, whatever the budget', { total: 10, canary: '2', maxFailures: '50%' }, (g) => number(g) === 1, 1],
  ])('%s', (_name, how, failing, begun) => {
    const told = play(scheduleFor({ forks: 1, ...how }), failing);
    expect(told.begun).toHaveLength(begun);
    expect(told.of('stop').flatMap(({ notBegun }) => notBegun)).toHaveLength(how.total - begun);
    expect(told.of('done')).toHaveLength(1);
  });

  it('lets those finish that run', () => {
    const told = new Told(scheduleFor({ total: 5, forks: 3, maxFailures: '1' }));
    told.tell({ kind: 'start' });
    expect(told.tell({ kind: 'ended', guest: 'vm2', failed: true })).toEqual([
      { kind: 'stop', reason: '1 of 5 guests failed, and 1 ends the rollout', notBegun: ['vm4', 'vm5'] },
    ]);
    expect(told.tell({ kind: 'ended', guest: 'vm1', failed: true })).toEqual([]);
    expect(told.tell({ kind: 'ended', guest: 'vm3', failed: false })).toEqual([
      { kind: 'close', batch: 0, failed: 2 },
      { kind: 'done' },
    ]);
  });

  it.each([true, false])('spares those that wait in a queue, where there is one: %j', (recalls) => {
    const told = new Told({ ...scheduleFor({ total: 3, maxFailures: '1' }), recalls });
    told.tell({ kind: 'start' });
    const reason = '1 of 3 guests failed, and 1 ends the rollout';
    const stop = recalls ? [{ kind: 'stop', reason, notBegun: [] }] : [];
    expect(told.tell({ kind: 'ended', guest: 'vm2', failed: true })).toEqual(stop);
    expect(told.tell({ kind: 'ended', guest: 'vm1', failed: true })).toEqual([]);
    expect(told.tell({ kind: 'ended', guest: 'vm3', failed: false }).at(-1)).toEqual({ kind: 'done' });
  });

  it('an interrupt, at any moment, and once', () => {
    const told = new Told(scheduleFor({ total: 3, batch: '1', pauseMs: 9 }));
    told.tell({ kind: 'start' });
    told.tell({ kind: 'ended', guest: 'vm1', failed: false });
    expect(told.tell({ kind: 'interrupt' })).toEqual([
      { kind: 'stop', reason: 'interrupted', notBegun: ['vm2', 'vm3'] },
      { kind: 'done' },
    ]);
    for (const late of [{ kind: 'paused' }, { kind: 'interrupt' }, { kind: 'start' }] as const)
      expect(told.tell(late)).toEqual([]);
  });
});

/** A fleet in which guests end in any order, some of them badly, and somebody may press Ctrl-C. */
const runs = fc.record({
  total: fc.integer({ min: 0, max: 40 }),
  batch: fc.constantFrom('', '1', '3', '25%', '1,5,100%'),
  canary: fc.constantFrom(undefined, '1', '3', '10%'),
  maxFailures: fc.constantFrom(undefined, '0', '1', '3', '20%', '100%'),
  forks: fc.integer({ min: 1, max: 10 }),
  pauseMs: fc.constantFrom(0, 1),
  gate: fc.boolean(),
  /** Each number picks which guest ends next, and whether it failed. */
  choices: fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 60 }),
  interruptAt: fc.option(fc.nat({ max: 60 }), { nil: -1 }),
  gateFailsAt: fc.option(fc.nat({ max: 10 }), { nil: -1 }),
});

it('whatever happens: every guest once, never more than forks, nobody after the stop', () => {
  fc.assert(
    fc.property(runs, ({ choices, interruptAt, gateFailsAt, ...how }) => {
      const schedule = scheduleFor(how);
      const told = new Told(schedule);
      const running: string[] = [];
      let failures = 0;
      let isStopped = false;
      let waiting: RolloutEvent | undefined;
      const hear = (event: RolloutEvent): void => {
        for (const action of told.tell(event)) {
          if (action.kind === 'begin') {
            expect(isStopped).toBe(false);
            running.push(action.guest);
          }
          if (action.kind === 'stop') isStopped = true;
          if (action.kind === 'pause') waiting = { kind: 'paused' };
          if (action.kind === 'gate') waiting = { kind: 'gate', passed: action.batch !== gateFailsAt };
          if (action.kind === 'done') waiting = undefined;
        }
        expect(running.length).toBeLessThanOrEqual(how.forks);
        // The budget is used up: nobody may be left to be begun.
        if (schedule.failureLimit !== null && failures >= schedule.failureLimit)
          expect(isStopped || told.begun.length === how.total).toBe(true);
      };
      hear({ kind: 'start' });
      for (let turn = 0; running.length > 0 || waiting !== undefined; turn++) {
        const choice = choices[turn % choices.length] ?? 0;
        if (turn === interruptAt) hear({ kind: 'interrupt' });
        else if (running.length > 0) {
          const [guest = ''] = running.splice(choice % running.length, 1);
          const failed = choice % 7 === 0;
          if (failed) failures += 1;
          hear({ kind: 'ended', guest, failed });
        } else if (waiting !== undefined) {
          const event: RolloutEvent = waiting;
          waiting = undefined;
          hear(event);
        }
      }
      const all = schedule.batches.flatMap(({ guests }) => guests);
      const left = told.of('stop').flatMap(({ notBegun }) => notBegun);
      expect([...told.begun, ...left]).toEqual(all);
      expect(told.of('done')).toHaveLength(1);
      expect(told.of('stop').length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Event, Outcome } from '../../../src/events.ts';
import { createPaint } from '../../../src/report/colors.ts';
import { formatFrame } from '../../../src/report/live/frame.ts';
import { LiveState } from '../../../src/report/live/live-state.ts';
import { heartbeat } from '../../../src/report/live/progress-text.ts';
import { fullPlan } from '../plans.ts';
import { fleetEvents, stateAt, type Timed } from './fleet-events.ts';

const GUESTS = ['vm1', 'vm2', 'vm3'];
const START: Timed = [0, { kind: 'run.started', command: 'apply', profile: 'p', guests: GUESTS }];
const paint = createPaint(false);
const frameAt = (events: readonly Timed[], now: number): string[] =>
  formatFrame(stateAt([START, ...events], now), now, { columns: 100, rows: 40 }).map(paint);
const begun: Timed = [0, { kind: 'guest.begun', guest: 'vm1' }];
const end = (guest: string, outcome: Outcome): Event => ({ kind: 'guest.finished', guest, outcome, changes: 0, ms: 1 });

describe('what a guest does', () => {
  const cases: readonly (readonly [string, readonly Event[], string])[] = [
    ['connects', [], 'connecting'],
    ['is read', [{ kind: 'guest.connected', guest: 'vm1', ms: 5 }], 'reading'],
    ['has a plan', [{ kind: 'guest.plan', guest: 'vm1', plan: fullPlan('vm1'), dryRun: false }], 'changing'],
    ['has a plan for show', [{ kind: 'guest.plan', guest: 'vm1', plan: fullPlan('vm1'), dryRun: true }], 'reading'],
    [
      'has a step',
      [{ kind: 'guest.step', guest: 'vm1', stage: 0, step: 'unit:x', status: 'started' }],
      'changing  unit:x',
    ],
    [
      'is between steps',
      [
        { kind: 'guest.step', guest: 'vm1', stage: 0, step: 'unit:x', status: 'started' },
        { kind: 'guest.step', guest: 'vm1', stage: 0, step: 'unit:x', status: 'done' },
      ],
      'changing',
    ],
    ['reboots', [{ kind: 'guest.reboot', guest: 'vm1', phase: 'down', ms: 1 }], 'rebooting for 20 s  down'],
    ['is back', [{ kind: 'guest.reboot', guest: 'vm1', phase: 'back', ms: 1 }], 'reading  rebooted'],
    [
      'waits for the gate',
      [{ kind: 'guest.gate', guest: 'vm1', state: 'waiting', reason: 'for 120 s of uptime' }],
      'arming  waiting for 120 s of uptime',
    ],
    [
      'crashes on purpose',
      [{ kind: 'guest.crash', guest: 'vm1', phase: 'down', ms: 9 }],
      'crashing  crashed; the dump is being saved',
    ],
  ];

  it.each(cases)('%s', (_what, events, expected) => {
    const timed = events.map((event): Timed => [10_000, event]);
    expect(frameAt([begun, ...timed], 30_000).at(-1)).toBe(` 30 s  vm1  ${expected}`);
  });

  it('counts what has come of dumps, what earlier runs brought is no speed', () => {
    const came = (at: number, guest: string, done: number): Timed => [
      at,
      { kind: 'guest.transfer', guest, dump: '202611241200', done, total: 40_000_000 },
    ];
    const some = [came(0, 'vm2', 20_000_000), came(0, 'vm3', 0)];
    expect(frameAt(some, 2000)[0]).toBe(' apply p  0/3 guests  2 s  20.0 MB of 80.0 MB');
    const more = [...some, came(2000, 'vm2', 30_000_000), came(2000, 'vm3', 10_000_000)];
    expect(frameAt(more, 2000)[0]).toBe(' apply p  0/3 guests  2 s  40.0 MB of 80.0 MB  10.0 MB/s  4 s left');
    const all = [...more, came(3000, 'vm2', 40_000_000), came(3000, 'vm3', 40_000_000)];
    expect(frameAt(all, 3000)[0]).toBe(' apply p  0/3 guests  3 s  80.0 MB of 80.0 MB  checking');
  });
});

describe('a rollout', () => {
  const batch: Timed = [0, { kind: 'batch.started', batch: 1, of: 3, name: 'canary', guests: ['vm1'] }];
  const cases: readonly (readonly [string, readonly Event[], string])[] = [
    ['begins', [], ' batch 1 of 3 (canary)  0/1 guests'],
    ['ends a batch', [{ kind: 'batch.finished', batch: 1, failed: 0, ms: 5 }], ' batch 1 of 3 (canary)  done'],
    ['pauses', [{ kind: 'rollout.paused', ms: 30_000 }], ' batch 1 of 3 (canary) is done, pause before the next: 28 s'],
    [
      'goes on',
      [{ kind: 'batch.started', batch: 2, of: 3, name: 'batch 2 of 3', guests: ['vm2'] }],
      ' batch 2 of 3  0/1 guests',
    ],
    ['stops', [{ kind: 'rollout.stopped', reason: '1 failed', notBegun: 2 }], ' stopped: 1 failed'],
    [
      'fails at the gate',
      [{ kind: 'rollout.gate', batch: 1, passed: false, reason: 'vm1 differs' }],
      ' stopped: vm1 differs',
    ],
  ];
  it.each(cases)('%s', (_what, events, expected) => {
    expect(frameAt([batch, ...events.map((event): Timed => [0, event])], 2000)[1]).toBe(expected);
  });
});

describe('rate and time left', () => {
  const ends = (count: number, every: number): Timed[] =>
    Array.from({ length: count }, (_, index) => [(index + 1) * every, end(`g${index}`, 'changed')]);
  const many: Timed = [
    0,
    { kind: 'run.started', command: 'x', guests: Array.from({ length: 100 }, (_, i) => `g${i}`) },
  ];
  const head = (events: readonly Timed[], now: number): string =>
    paint(formatFrame(stateAt([many, ...events], now), now, { columns: 100, rows: 40 })[0]!);

  it.each([
    ['nothing with four ends', ends(4, 2000), 9000, ' x  4/100 guests  9 s'],
    ['nothing in the first seconds', ends(20, 100), 2100, ' x  20/100 guests  2 s'],
    ['both once they mean something', ends(20, 1000), 20_000, ' x  20/100 guests  20 s  60 a minute  about 1 min left'],
    ['less while nobody ends', ends(20, 1000), 40_000, ' x  20/100 guests  40 s  29 a minute  about 3 min left'],
    ['nothing when nobody has ended for a minute', ends(20, 1000), 85_000, ' x  20/100 guests  1 min 25 s'],
    ['no time for the last few', ends(97, 1000), 97_000, ' x  97/100 guests  1 min 37 s  60 a minute'],
  ])('says %s', (_what, events, now, expected) => {
    expect(head(events, now)).toMatch(new RegExp(`^${expected.replace('about 1 min', 'about \\d min')}$`));
  });

  it('does not take guests that were never begun for fast ones', () => {
    const skipped = Array.from({ length: 50 }, (_, index): Timed => [index * 200, end(`g${index}`, 'not-begun')]);
    expect(head(skipped, 10_000)).toBe(' x  50/100 guests  10 s');
  });
});

it('counts failures, keeps the latest, and says how many there were before', () => {
  const failures = Array.from({ length: 60 }, (_, index): Timed => [0, end(`vm${index}`, 'failed')]);
  const lines = frameAt(failures, 1000);
  expect(lines.filter((line) => line.startsWith(' failed'))).toHaveLength(lines.length - 2);
  expect(lines.find((line) => line.startsWith(' failed'))).toMatch(/^ failed {2}vm\d+ {2}failed {2}and \d\d before$/);
  expect(lines.at(-1)).toBe(' failed  vm59  failed');
});

it('says in a heartbeat that the run is alive', () => {
  const state = stateAt(
    [START, begun, [5, { kind: 'guest.step', guest: 'vm1', stage: 0, step: 's', status: 'started' }]],
    5,
  );
  expect(heartbeat(state, 65_000).map(paint)).toEqual(['[0/3] 2 waiting  1 changing  longest vm1 1 min 5 s s']);
});

describe('any order of events', () => {
  const all = fleetEvents(12, 4).map(([, event]) => event);
  const rollout: Event[] = [
    { kind: 'batch.started', batch: 1, of: 2, name: 'canary', guests: ['vm1', 'new'] },
    { kind: 'batch.finished', batch: 1, failed: 0, ms: 5 },
    { kind: 'rollout.paused', ms: 5 },
    { kind: 'rollout.gate', batch: 1, passed: true },
    { kind: 'rollout.stopped', reason: 'x', notBegun: 2 },
    { kind: 'guest.reboot', guest: 'vm3', phase: 'down', ms: 1 },
    { kind: 'guest.transfer', guest: 'vm4', dump: 'd', done: 1, total: 2 },
    {
      kind: 'guest.fetched',
      guest: 'vm4',
      dump: 'd',
      state: 'left',
      to: null,
      vmcore: null,
      bytes: 1,
      ms: 1,
      deleted: false,
    },
  ];

  it('is taken, and every guest is counted once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...all, ...rollout), { maxLength: 120 }),
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 60 }),
        (events, columns, rows) => {
          const state = new LiveState();
          events.forEach((event, index) => {
            state.record(event, index * 50);
            const ended = [...state.outcomes.values()].reduce((a, b) => a + b, 0);
            expect(state.ended).toBe(ended);
            expect(state.waiting).toBeGreaterThanOrEqual(0);
            expect(state.waiting + state.running.size + ended).toBe(state.total);
          });
          const frame = formatFrame(state, events.length * 50, { columns, rows });
          expect(frame.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        },
      ),
    );
  });
});

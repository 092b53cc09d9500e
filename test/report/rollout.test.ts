import { describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { formatRollout, formatRolloutJson, type RolloutPage } from '../../src/report/rollout-text.ts';
import { batchesOf } from '../../src/rollout/strategy/batches.ts';
import { finished, show } from './plans.ts';

const guests = Array.from({ length: 10 }, (_, index) => ({ name: `vm${index + 1}` }));
const share = (n: number) => ({ kind: 'guests' as const, n });
const page = (more: Partial<RolloutPage['schedule']> = {}): RolloutPage => ({
  profile: 'debug-panic',
  order: 'inventory',
  schedule: {
    batches: batchesOf(guests, { order: { kind: 'inventory' }, canary: share(1), sizes: [share(5)] }),
    forks: 50,
    failureLimit: 2,
    pauseMs: 30_000,
    gate: true,
    ...more,
  },
  gate: { verify: true, command: 'true' },
  deadlines: { guest: 3_600_000, step: null },
});

describe('a rollout before it begins', () => {
  it('says who goes when, what comes between, and what ends it', () => {
    expect(formatRollout(page())).toBe(`debug-panic on 10 guests, order inventory, 50 at a time
  canary        1 guest: vm1
                then a pause of 30.0 s, then verify of these guests, then the command: true
  batch 2 of 3  5 guests: vm[2-6]
                then a pause of 30.0 s, then verify of these guests, then the command: true
  batch 3 of 3  4 guests: vm[7-10]
Ends when a canary fails, or 2 of 10 guests have failed, or a gate does not pass.
Given up: a guest after 60 min 0 s.
Nothing was connected to.
`);
  });

  it('of a fleet that goes all at once', () => {
    const batches = batchesOf(guests, { order: { kind: 'inventory' }, sizes: [] });
    const text = formatRollout(page({ batches, failureLimit: null, gate: false, pauseMs: 0 }));
    expect(text).toContain('all at once  10 guests: vm[1-10]\nGoes on whatever fails.\n');
  });

  it('is one object for machines', () => {
    const object = JSON.parse(formatRolloutJson(page())) as { batches: unknown[] };
    expect(object).toMatchObject({ guests: 10, failureLimit: 2, pauseMs: 30_000, stepTimeoutMs: null });
    expect(object.batches).toHaveLength(3);
  });
});

describe('a rollout that stops', () => {
  const reason = 'the canary vm1 failed';
  const events: Event[] = [
    { kind: 'run.started', command: 'apply', guests: ['vm1', 'vm2'] },
    { kind: 'batch.started', batch: 1, of: 2, name: 'canary', guests: ['vm1'] },
    finished('vm1', 'failed', 0),
    { kind: 'rollout.stopped', reason, notBegun: 1 },
    { kind: 'guest.finished', guest: 'vm2', outcome: 'not-begun', changes: 0, ms: 0, reason: `not begun: ${reason}` },
    { kind: 'batch.finished', batch: 1, failed: 1, ms: 5 },
    { kind: 'run.finished', outcomes: { failed: 1, 'not-begun': 1 }, exitCode: 1, ms: 5 },
  ];

  it('says so at once on stderr, and names in the end who was not begun', () => {
    const { stdout, stderr } = show(events, { lines: true });
    expect(stderr).toMatch(/^batch 1 of 2 \(canary\) begins: 1 guest$/m);
    expect(stderr).toMatch(/^stopped: the canary vm1 failed; 1 guest is not begun$/m);
    expect(stdout).toMatch(/vm2 +not begun/);
    expect(stdout).toContain('not begun: the canary vm1 failed');
    expect(stdout).toContain('1 not begun, 1 failed');
  });

  it('through a queue may have nobody left that was not handed over', () => {
    const handed = events.map((event) => (event.kind === 'rollout.stopped' ? { ...event, notBegun: 0 } : event));
    expect(show(handed, { lines: true }).stderr).toMatch(/^stopped: the canary vm1 failed$/m);
  });
});

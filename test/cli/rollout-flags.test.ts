import { describe, expect, it } from 'vitest';

import { plainStrategy, scheduleOf, strategyFrom } from '../../src/cli/rollout-flags.ts';
import type { Flags } from '../../src/cli/program.ts';
import type { Guest } from '../../src/inventory/guest.ts';

const guest = (name: string, more: Partial<Guest> = {}): Guest => ({
  name,
  transport: 'ssh',
  host: name,
  become: false,
  groups: [],
  vars: [],
  ...more,
});
const fleet = Array.from({ length: 10 }, (_, index) => guest(`vm${index}`));

describe('flags of a rollout', () => {
  it('that were not given are one batch, no budget, and deadlines', () => {
    const strategy = strategyFrom({});
    expect(strategy.deadlines).toEqual({ guest: 3_600_000, step: 1_800_000 });
    const schedule = scheduleOf(strategy, fleet);
    expect(schedule).toMatchObject({ forks: 50, failureLimit: null, pauseMs: 0, gate: false });
    expect(schedule.batches).toHaveLength(1);
  });

  it('all of them', () => {
    const flags = {
      canary: '1',
      batch: '2, 50%',
      pause: '30s',
      maxFailures: '20%',
      gate: true,
      order: 'sorted',
      forks: '3',
    };
    const strategy = strategyFrom({ ...flags, guestTimeout: '5m', stepTimeout: '90s' });
    expect(strategy.deadlines).toEqual({ guest: 300_000, step: 90_000 });
    const schedule = scheduleOf(strategy, fleet);
    expect(schedule).toMatchObject({ forks: 3, failureLimit: 2, pauseMs: 30_000, gate: true });
    expect(schedule.batches.map(({ guests }) => guests.length)).toEqual([1, 2, 5, 2]);
  });

  it('a shuffle that is given no seed draws one', () => {
    expect(strategyFrom({ order: 'shuffled:a:b' }).ramp.order).toEqual({ kind: 'shuffled', seed: 'a:b' });
    expect(strategyFrom({ order: 'shuffled' }).ramp.order).toEqual({
      kind: 'shuffled',
      seed: expect.stringMatching(/^[0-9a-f]{6}$/) as string,
    });
  });

  it('serial groups come with the guests', () => {
    const guests = [guest('a', { serialGroup: 'hv1' }), guest('b', { serialGroup: 'hv2' }), guest('c')];
    const { batches } = scheduleOf(strategyFrom({ serialBy: 'hypervisor' }), guests);
    expect(batches.map(({ name }) => name)).toEqual([
      'batch 1 of 3 (hypervisor hv1)',
      'batch 2 of 3 (hypervisor hv2)',
      'batch 3 of 3 (no hypervisor)',
    ]);
  });

  it.each<[Flags, string]>([
    [{ canary: '0' }, '--canary takes guests'],
    [{ canary: 'one' }, '--canary takes guests'],
    [{ batch: '5,0%' }, '--batch takes sizes'],
    [{ batch: '5,' }, '--batch takes sizes'],
    [{ batch: '120%' }, '--batch takes sizes'],
    [{ maxFailures: '-1' }, '--max-failures takes guests or percent'],
    [{ maxFailures: '' }, '--max-failures takes guests or percent'],
    [{ order: 'random' }, '--order takes inventory'],
    [{ order: 'sorted:1' }, '--order takes inventory'],
    [{ order: 'shuffled:' }, '--order takes inventory'],
    [{ pause: '30', batch: '1' }, '--pause takes a duration'],
    [{ guestTimeout: '1d' }, '--guest-timeout takes a duration'],
    [{ forks: '0' }, '--forks takes a number'],
    [{ pause: '30s' }, '--pause comes between batches, and there is only one'],
    [{ gate: true }, '--gate comes between batches'],
    [{ gateCommand: 'true' }, '--gate-command comes between batches'],
  ])('%j is refused', (flags, words) => {
    expect(() => strategyFrom(flags)).toThrow(words);
  });

  it('do nothing for commands that only look', () => {
    const strategy = plainStrategy({ canary: '1', forks: '7' });
    expect(scheduleOf(strategy, fleet)).toMatchObject({ forks: 7, failureLimit: null, gate: false });
    expect(strategy.deadlines).toEqual({ guest: null, step: null });
  });
});

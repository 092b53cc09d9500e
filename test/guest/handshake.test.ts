import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Busy, untilNotBusy } from '../../src/guest/handshake.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => pause(ms) }));

let pauses: number[] = [];
const pause = (ms: number): Promise<void> => {
  pauses.push(ms);
  return Promise.resolve();
};
beforeEach(() => {
  pauses = [];
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a busy server is tried seven times more, later and later', async () => {
  const reason = new Error('reset');
  const attempt = vi.fn(() => Promise.reject(new Busy(reason)));
  const again = vi.fn();
  await expect(untilNotBusy(attempt, again)).rejects.toBe(reason);
  expect(attempt).toHaveBeenCalledTimes(8);
  expect(again).toHaveBeenCalledTimes(7);
  expect(pauses).toHaveLength(7);
  for (const [index, ms] of pauses.entries()) {
    expect(ms).toBeGreaterThanOrEqual(Math.min(75 * 2 ** index, 2400));
    expect(ms).toBeLessThanOrEqual(Math.min(225 * 2 ** index, 7200));
  }
});

test('one that costs a time limit each time, less often', async () => {
  const attempt = vi.fn(() => Promise.reject(new Busy(new Error('silent'), 1)));
  await expect(untilNotBusy(attempt, () => undefined)).rejects.toThrow('silent');
  expect(attempt).toHaveBeenCalledTimes(2);
});

test('whatever else goes wrong is final', async () => {
  const attempt = vi.fn(() => Promise.reject(new Error('refused')));
  await expect(untilNotBusy(attempt, () => undefined)).rejects.toThrow('refused');
  expect(attempt).toHaveBeenCalledTimes(1);
});

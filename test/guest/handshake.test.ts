import pLimit from 'p-limit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Busy, handshake } from '../../src/guest/handshake.ts';

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

test('a busy server is tried five times more, later and later', async () => {
  const reason = new Error('reset');
  const attempt = vi.fn(() => Promise.reject(new Busy(reason)));
  await expect(handshake(pLimit(1), attempt)).rejects.toBe(reason);
  expect(attempt).toHaveBeenCalledTimes(6);
  expect(pauses).toHaveLength(5);
  for (const [index, ms] of pauses.entries()) {
    expect(ms).toBeGreaterThanOrEqual(75 * 2 ** index);
    expect(ms).toBeLessThanOrEqual(225 * 2 ** index);
  }
});

test('whatever else goes wrong is final', async () => {
  const attempt = vi.fn(() => Promise.reject(new Error('refused')));
  await expect(handshake(pLimit(1), attempt)).rejects.toThrow('refused');
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('no more than the limit at once, and a pause holds up nobody', async () => {
  let now = 0;
  let most = 0;
  let failed = 0;
  const limit = pLimit(3);
  const attempt = async (): Promise<string> => {
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    if (failed < 4) {
      failed += 1;
      throw new Busy(new Error('busy'));
    }
    return 'in';
  };
  const all = await Promise.all(Array.from({ length: 20 }, () => handshake(limit, attempt)));
  expect(all.every((result) => result === 'in')).toBe(true);
  expect(most).toBe(3);
});

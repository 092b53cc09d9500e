import { describe, expect, it } from 'vitest';

import { failureLimit, guestsIn, parseShare, shareText } from '../../../src/rollout/strategy/share.ts';

const share = (text: string) => parseShare(text) ?? expect.fail(`${text} is a share`);

describe('a share of the fleet', () => {
  it.each(['', '-1', '1.5', '101%', '5 %', '%', 'all', '1e3', '0x5', '2.555%'])('%j is none', (text) => {
    expect(parseShare(text)).toBeNull();
  });

  it.each(['0', '1', '5%', '12.5%', '100%'])('%s reads back as it was written', (text) => {
    expect(shareText(share(text))).toBe(text);
  });

  it.each<[string, number, number]>([
    ['25%', 100, 25],
    ['25%', 10, 3],
    ['1%', 10, 1],
    ['7%', 100, 7],
    ['29%', 100, 29],
    ['0.1%', 1000, 1],
    ['0%', 10, 0],
    ['100%', 7, 7],
    ['5', 3, 5],
  ])('%s of %i guests is %i, rounded up', (text, total, expected) => {
    expect(guestsIn(share(text), total)).toBe(expected);
  });
});

describe('the failure budget', () => {
  it.each<[string, number, number]>([
    ['0', 100, 1],
    ['1', 100, 1],
    ['2', 100, 2],
    ['0%', 100, 1],
    ['5%', 100, 5],
    ['5%', 10, 1],
    ['50%', 3, 2],
    ['100%', 4, 4],
    ['200', 100, 200],
  ])('%s of %i guests is used up by %i failures', (text, total, expected) => {
    expect(failureLimit(share(text), total)).toBe(expected);
  });

  it('in percent is reached exactly when that share of the fleet has failed', () => {
    for (let total = 1; total <= 200; total++)
      for (const percent of [1, 5, 7, 33, 50, 99]) {
        const limit = failureLimit({ kind: 'percent', n: percent }, total);
        expect(limit * 100).toBeGreaterThanOrEqual(percent * total);
        expect((limit - 1) * 100).toBeLessThan(Math.max(percent * total, 1));
      }
  });
});

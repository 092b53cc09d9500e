import { describe, expect, it } from 'vitest';

import { countFlag, durationFlag, jumpFlag, listFlag, rateFlag, textFlag, transportFlag } from '../../src/cli/flags.ts';

describe('flags', () => {
  it('that were not given are their fallbacks', () => {
    expect(textFlag({}, 'a')).toBeUndefined();
    expect(listFlag({}, 'a')).toEqual([]);
    expect(countFlag({}, 'forks', 50)).toBe(50);
    expect(durationFlag({}, 'timeout', 60_000)).toBe(60_000);
    expect(rateFlag({}, 'limit-rate')).toBeUndefined();
  });

  it('of another kind are not taken for text or lists', () => {
    expect(textFlag({ a: true }, 'a')).toBeUndefined();
    expect(listFlag({ a: 'b' }, 'a')).toEqual([]);
  });

  it.each([
    ['1', 1],
    ['99999', 99_999],
  ])('%s is a count', (text, expected) => expect(countFlag({ forks: text }, 'forks', 1)).toBe(expected));

  it.each(['0', '-1', '1.5', '1e3', '100000', '', ' 5', '5 ', 'many', '٥'])('%j is no count', (text) => {
    expect(() => countFlag({ forks: text }, 'forks', 1)).toThrow(/--forks takes a number from 1 to 99999/);
  });

  it.each([
    ['250ms', 250],
    ['60s', 60_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
  ])('%s is a duration', (text, expected) => expect(durationFlag({ timeout: text }, 'timeout', 1)).toBe(expected));

  it.each(['60', '0s', '-5s', '1.5s', '5 s', '5d', 's', '', '1h30m', '12345678s'])('%j is no duration', (text) => {
    expect(() => durationFlag({ timeout: text }, 'timeout', 1)).toThrow(/--timeout takes a duration such as 60s/);
  });

  it.each([
    ['1000', 1000],
    ['500K', 512_000],
    ['5M', 5 * 1024 * 1024],
    ['1g', 1024 ** 3],
  ])('%s is a rate', (text, expected) => expect(rateFlag({ limitRate: text }, 'limit-rate')).toBe(expected));

  it.each(['0', '5MB', '1.5M', '-1', '', 'M'])('%j is no rate', (text) => {
    expect(() => rateFlag({ limitRate: text }, 'limit-rate')).toThrow(/--limit-rate takes bytes a second/);
  });

  it('--jump takes hosts or none', () => {
    expect(jumpFlag({})).toBeUndefined();
    for (const text of ['ops@a:2222,b', '[::1]:22', 'none']) expect(jumpFlag({ jump: text })).toBe(text);
    for (const text of ['', 'a b', '-oX', 'a:99999', 'a,,b'])
      expect(() => jumpFlag({ jump: text })).toThrow(/--jump takes \[user@\]host/);
  });

  it('--transport takes what there is', () => {
    expect(transportFlag({})).toBeUndefined();
    for (const text of ['ssh', 'openssh']) expect(transportFlag({ transport: text })).toBe(text);
    expect(() => transportFlag({ transport: 'local' })).toThrow(/--transport takes ssh or openssh/);
  });
});

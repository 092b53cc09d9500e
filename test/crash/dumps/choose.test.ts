import { describe, expect, it } from 'vitest';

import { chooseDumps } from '../../../src/crash/dumps/choose.ts';
import { dump } from './support/dump.ts';

const NEWEST_FIRST = [
  dump({ name: '202611250900', verdict: { valid: false, reason: 'empty' } }),
  dump({ name: '192.0.2.1-202611241200' }),
  dump({ name: '202611231200', verdict: { valid: false, reason: 'truncated' } }),
  dump({ name: '202611221200' }),
];
const choose = (more: Partial<Parameters<typeof chooseDumps>[1]>, dumps = NEWEST_FIRST) => {
  const { wanted, left } = chooseDumps(dumps, { named: [], all: false, invalid: false, ...more });
  return [wanted, left].map((all) => all.map(({ name }) => name));
};

describe('chooseDumps', () => {
  it.each([
    ['the newest that can be read', {}, ['192.0.2.1-202611241200'], ['202611250900']],
    ['the newest of all', { invalid: true }, ['202611250900'], []],
    [
      'all that can be read',
      { all: true },
      ['192.0.2.1-202611241200', '202611221200'],
      ['202611250900', '202611231200'],
    ],
    ['all', { all: true, invalid: true }, NEWEST_FIRST.map(({ name }) => name), []],
    ['certain ones', { named: ['202611221200'] }, ['202611221200'], []],
    ['by their stamp', { named: ['202611241200'] }, ['192.0.2.1-202611241200'], []],
    ['a broken one by its name', { named: ['202611231200'] }, [], ['202611231200']],
  ])('%s', (_name, choice, wanted, left) => {
    expect(choose(choice)).toEqual([wanted, left]);
  });

  it('wants nothing where nothing can be read', () => {
    expect(choose({}, NEWEST_FIRST.slice(0, 1))).toEqual([[], ['202611250900']]);
    expect(choose({}, [])).toEqual([[], []]);
  });

  it('names what there is when a name is wrong', () => {
    expect(() => choose({ named: ['202601010000'] })).toThrow('no dump 202601010000');
  });
});

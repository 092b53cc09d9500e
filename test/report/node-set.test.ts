import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldNames } from '../../src/report/node-set.ts';

const fleet = (n: number): string[] => Array.from({ length: n }, (_, i) => `vm${i + 1}`);

describe('foldNames', () => {
  it.each([
    [
      ['vm1', 'vm2'],
      ['vm1', 'vm2'],
    ],
    [
      ['b', 'a'],
      ['b', 'a'],
    ],
    [fleet(50), ['vm[1-50]']],
    [
      ['vm1', 'vm2', 'vm3', 'vm5', 'db'],
      ['db', 'vm[1-3,5]'],
    ],
    [['vm01', 'vm02', 'vm09', 'vm10'], ['vm[01,02,09,10]']],
    [
      ['r1-n1', 'r1-n2', 'r1-n3', 'r2-n1', 'r2-n2', 'r2-n3'],
      ['r1-n[1-3]', 'r2-n[1-3]'],
    ],
    [['root@192.0.2.7:22', 'root@192.0.2.8:22', 'root@192.0.2.9:22', 'root@192.0.2.10:22'], ['root@192.0.2.[7-10]:22']],
    [
      ['vm1', 'vm01', 'vm001', 'vm2'],
      ['vm001', 'vm01', 'vm1', 'vm2'],
    ],
  ])('%j -> %j', (names, folded) => {
    expect(foldNames(names)).toEqual(folded);
  });

  const name = fc
    .tuple(
      fc.constantFrom('vm', 'db-', 'rack1-'),
      fc.integer({ min: 0, max: 30 }),
      fc.boolean(),
      fc.constantFrom('', '.lan', '-2'),
    )
    .map(([prefix, n, padded, suffix]) => `${prefix}${padded ? String(n).padStart(2, '0') : String(n)}${suffix}`);
  const names = fc.uniqueArray(name, { minLength: 4, maxLength: 60 });

  it('names every guest exactly once', () => {
    fc.assert(
      fc.property(names, (all) => {
        expect(foldNames(all).flatMap(expand).sort()).toEqual([...all].sort());
      }),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(names, fc.nat(), (all, seed) => {
        const shuffled = [...all].sort((a, b) => hash(a, seed) - hash(b, seed));
        expect(foldNames(shuffled)).toEqual(foldNames(all));
      }),
    );
  });

  it('breaks many ranges into pieces that wrap', () => {
    const folded = foldNames(fleet(300).filter((_, i) => i % 7 !== 3));
    expect(folded.length).toBeGreaterThan(3);
    expect(folded.every((part) => part.length <= 'vm[]'.length + 48)).toBe(true);
  });

  it('folds a large fleet quickly', () => {
    const started = performance.now();
    expect(foldNames(fleet(5000))).toEqual(['vm[1-5000]']);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

function expand(folded: string): string[] {
  const match = /^(.*)\[([\d,-]+)\](.*)$/.exec(folded);
  if (!match) return [folded];
  const [, prefix = '', list = '', suffix = ''] = match;
  return list.split(',').flatMap((range) => {
    const [from = '', to = from] = range.split('-');
    const width = from.startsWith('0') ? from.length : 0;
    return Array.from(
      { length: Number(to) - Number(from) + 1 },
      (_, i) => `${prefix}${String(Number(from) + i).padStart(width, '0')}${suffix}`,
    );
  });
}

function hash(text: string, seed: number): number {
  return Array.from(text).reduce((sum, char) => (sum * 31 + char.charCodeAt(0) + seed) % 1_000_003, seed % 1_000_003);
}

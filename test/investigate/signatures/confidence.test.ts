import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { confidenceOf, type Evidence } from '../../../src/investigate/signatures/confidence.ts';
import { compareReleases, excludeEachOther } from '../../../src/investigate/signatures/kernel-bounds.ts';

const BEST: Evidence = { grade: 'exact', points: 3, depth: 0, sureFrames: true, state: 'agrees', otherKernel: false };

describe('confidence', () => {
  // The table of docs/signatures.md.
  it.each<[Partial<Evidence>, number]>([
    [{}, 0.94],
    [{ points: 1 }, 0.68],
    [{ points: 2 }, 0.88],
    [{ grade: 'usual', points: 1 }, 0.6],
    [{ grade: 'fallback', points: 1 }, 0.39],
    [{ depth: 2 }, 0.85],
    [{ sureFrames: false }, 0.71],
    [{ state: 'open' }, 0.9],
    [{ state: 'against' }, 0.66],
    [{ otherKernel: true }, 0.47],
  ])('of %j is %f', (evidence, expected) => {
    expect(confidenceOf({ ...BEST, ...evidence })).toBe(expected);
  });

  it('lies between 0 and 1, and never rises when evidence is lost', () => {
    const evidence = fc.record<Evidence>({
      grade: fc.constantFrom('exact', 'usual', 'fallback'),
      points: fc.integer({ min: 0, max: 9 }),
      depth: fc.integer({ min: 0, max: 30 }),
      sureFrames: fc.boolean(),
      state: fc.constantFrom('agrees', 'open', 'against'),
      otherKernel: fc.boolean(),
    });
    fc.assert(
      fc.property(evidence, (one) => {
        const found = confidenceOf(one);
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThan(1);
        expect(confidenceOf({ ...one, depth: one.depth + 1 })).toBeLessThanOrEqual(found);
        expect(confidenceOf({ ...one, points: one.points + 1 })).toBeGreaterThanOrEqual(found);
      }),
    );
  });
});

describe('releases', () => {
  it('are ordered by their numbers', () => {
    expect(['5.10', '5.4', '6.0', '4.19'].sort(compareReleases)).toEqual(['4.19', '5.4', '5.10', '6.0']);
  });

  it.each([
    [{ from: null, before: '6.0' }, { from: '5.10', before: null }, false],
    [{ from: null, before: '6.0' }, { from: '6.0', before: null }, true],
    [{ from: '5.4', before: null }, { from: null, before: '5.10' }, false],
    [{ from: null, before: null }, { from: '6.0', before: null }, false],
  ])('%j and %j exclude each other: %s', (one, other, excluded) => {
    expect(excludeEachOther(one, other)).toBe(excluded);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../../src/errors.ts';
import { expandNodes } from '../../../src/inventory/patterns/nodes.ts';
import { foldNames } from '../../../src/report/node-set.ts';
import { errorOf } from '../../profile/support.ts';

describe('node sets', () => {
  // What `nodeset -e` of ClusterShell 1.9.1 prints.
  it.each([
    ['n1', 'n1'],
    ['n[1-3]', 'n1 n2 n3'],
    ['n[1-3,7]', 'n1 n2 n3 n7'],
    ['n[001-003]', 'n001 n002 n003'],
    ['n[1-9/2]', 'n1 n3 n5 n7 n9'],
    ['n[00-10/5]', 'n00 n05 n10'],
    ['n0[1-3]', 'n01 n02 n03'],
    ['n[1-3]5', 'n15 n25 n35'],
    ['r[1-2]n[1-2]', 'r1n1 r1n2 r2n1 r2n2'],
    ['n[1,1]', 'n1'],
    ['n[8-10].lan', 'n8.lan n9.lan n10.lan'],
    ['10.0.0.[1-3]', '10.0.0.1 10.0.0.2 10.0.0.3'],
  ])('%s -> %s', (text, names) => {
    expect(expandNodes(text).join(' ')).toBe(names);
  });

  it('addresses fold into brackets within brackets', () => {
    expect(expandNodes('root@[2001:db8::[1-3]]:22')).toEqual([1, 2, 3].map((n) => `root@[2001:db8::${n}]:22`));
  });

  it.each([
    // ClusterShell refuses these too.
    ['n[1-010]', /padded alike/],
    ['n[01-9]', /padded alike/],
    ['n[09-100]', /padded alike/],
    ['n[3-1]', /begins after its end/],
    ['n[0-3/0]', /step of 0-3\/0 is 0/],
    ['n[1-]', /no number and no range/],
    ['n[1,,2]', /no number and no range/],
    ['n[1-2-3]', /no number and no range/],
    ['n[1][2]', /two brackets touch/],
    // ClusterShell makes n18 to n112 of it.
    ['n1[8-12]', /digits stand before a bracket/],
    ['n[1-9999999]', /more than 100000/],
    ['n[1-1000]x[1-1000]', /more than 100000/],
    ['n[1-99999999999]', /no number and no range/],
  ])('%s is refused', (text, says) => {
    expect(errorOf(() => expandNodes(text))).toMatchObject({
      code: 'E_INVENTORY',
      message: expect.stringMatching(says) as string,
    });
  });

  const name = fc
    .tuple(
      fc.constantFrom('vm', 'db-', 'rack1-', 'root@10.0.0.', 'root@[2001:db8::'),
      fc.integer({ min: 0, max: 200 }),
      fc.constantFrom(0, 2, 3),
      fc.constantFrom('', '.lan', '-2', ']:22'),
    )
    .map(([prefix, n, width, suffix]) => `${prefix}${String(n).padStart(width, '0')}${suffix}`);

  it('are what folding makes of names, and expanding gives the names back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 80 }), (names) => {
        expect(foldNames(names).flatMap(expandNodes).sort()).toEqual([...names].sort());
      }),
    );
  });

  it('any text expands or is a ProvisionError', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9[\]/,-]{0,14}$/), (text) => {
        try {
          expect(expandNodes(text).length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ProvisionError)) throw error;
        }
      }),
    );
  });
});

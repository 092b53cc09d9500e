import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { readInventory } from '../../src/inventory/read.ts';
import { EMPTY_INVENTORY, selectGuests, type SelectOptions } from '../../src/inventory/select.ts';
import { errorOf } from '../profile/support.ts';

const inventory = readInventory(
  `groups:
  desktops: { guests: [vm1, vm2, vm3] }
  slow: { guests: [vm3, srv1] }
guests: { vm1: , vm2: , vm3: , vm10: , srv1: , srv2.example.net: }
`,
  'inventory.yaml',
);

const names = (args: string[], options: SelectOptions = {}): string =>
  selectGuests(inventory, args, options)
    .map(({ name }) => name)
    .join(' ');

describe('selection', () => {
  it.each([
    [[], 'vm1 vm2 vm3 vm10 srv1 srv2.example.net'],
    [['all'], 'vm1 vm2 vm3 vm10 srv1 srv2.example.net'],
    [['vm2'], 'vm2'],
    [['vm2', 'vm1', 'vm2'], 'vm1 vm2'],
    [['desktops'], 'vm1 vm2 vm3'],
    [['vm*'], 'vm1 vm2 vm3 vm10'],
    [['vm?'], 'vm1 vm2 vm3'],
    [['vm[1,2]'], 'vm1 vm2'],
    [['vm[!1]'], 'vm2 vm3'],
    [['desk*'], 'vm1 vm2 vm3'],
    [['vm1,srv1'], 'vm1 srv1'],
    [['vm1:srv1'], 'vm1 srv1'],
    [['desktops:slow'], 'vm1 vm2 vm3 srv1'],
    [['desktops:&slow'], 'vm3'],
    [['desktops:!slow'], 'vm1 vm2'],
    [['desktops', '!vm2'], 'vm1 vm3'],
    [['!desktops'], 'vm10 srv1 srv2.example.net'],
    [['desktops:slow:!vm1:&vm*'], 'vm2 vm3'],
    [['srv2.example.net'], 'srv2.example.net'],
    [['desktops', 'ops@203.0.113.5:2222'], 'vm1 vm2 vm3 ops@203.0.113.5:2222'],
    [['local'], 'local'],
    [['::1'], '::1'],
    [['other.example.org'], 'other.example.org'],
  ])('%j', (args, expected) => {
    expect(names(args)).toBe(expected);
  });

  it.each([
    [[], ['vm1'], 'vm1'],
    [['desktops'], ['slow'], 'vm3'],
    [['desktops'], ['!vm1'], 'vm2 vm3'],
    [['desktops'], ['vm1', 'vm2'], 'vm1 vm2'],
    [['desktops', 'ops@a:22'], ['ops@a:22'], 'ops@a:22'],
  ])('%j limited to %j', (args, limit, expected) => {
    expect(names(args, { limit })).toBe(expected);
  });

  it.each([
    [['vm4'], {}, /no guest or group "vm4"; did you mean vm1\?/],
    [['desktop'], {}, /did you mean desktops\?/],
    [['srv2.exmaple.net'], {}, /did you mean srv2\.example\.net\?/],
    [['!vm4'], {}, /no guest or group "vm4"/],
    [['desktops:&slwo'], {}, /did you mean slow\?/],
    [['web*'], {}, /no guest or group matches "web\*"/],
    [['vm1:!vm1'], {}, /no guest is left of vm1:!vm1/],
    [['vm1'], { limit: ['vm2'] }, /no guest is left of vm1 --limit vm2/],
    [['vm1'], { limit: ['nobody'] }, /no guest or group "nobody"/],
    [['constructor'], {}, /no guest or group/],
    [['vm1:99999'], {}, /is not a guest|no guest or group/],
  ])('%j %j is refused', (args, options, says) => {
    const error = errorOf(() => names(args, options));
    expect(error).toMatchObject({ code: 'E_INVENTORY', hint: expect.stringMatching(/\S/) as string });
    expect(error.message).toMatch(says);
  });

  it('a Host of ssh_config is a guest when the inventory has none of that name', () => {
    const options = { sshHosts: () => ['lab1', 'vm1'] };
    expect(selectGuests(inventory, ['lab1', 'vm1'], options)).toMatchObject([
      { name: 'vm1', groups: ['desktops'] },
      { name: 'lab1', host: 'lab1' },
    ]);
  });

  it('without an inventory, guests are given by address', () => {
    expect(selectGuests(EMPTY_INVENTORY, ['ops@vm1'])).toMatchObject([{ host: 'vm1', user: 'ops' }]);
    expect(errorOf(() => selectGuests(EMPTY_INVENTORY, []))).toMatchObject({
      message: 'no guest was given and there is no inventory',
    });
    expect(errorOf(() => selectGuests(EMPTY_INVENTORY, ['vm1'])).hint).toContain('user@host');
  });

  it('any argument selects guests or is a ProvisionError', () => {
    const wild = fc.oneof(fc.string(), fc.stringMatching(/^[vm0-9*?[\]!&:,a-z-]{0,12}$/));
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 3 }), fc.array(wild, { maxLength: 2 }), (args, limit) => {
        try {
          expect(selectGuests(inventory, args, { limit }).length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof ProvisionError)) throw error;
        }
      }),
    );
  });
});

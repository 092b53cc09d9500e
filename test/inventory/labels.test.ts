import { describe, expect, it } from 'vitest';

import type { Inventory } from '../../src/inventory/guest.ts';
import { readInventories } from '../../src/inventory/read.ts';

const read = (text: string, file = 'inventory'): Inventory => readInventories([{ kind: 'text', file, text }], []);
const label = (inventory: Inventory, guest: string, name: string): string | undefined =>
  inventory.labels?.get(guest)?.(name);

describe('labels of guests', () => {
  it('in our own format: the guest wins over its groups, the later group over the earlier, these over defaults', () => {
    const inventory = read(
      `defaults: { labels: { rack: 1, zone: a } }
groups:
  g1: { guests: [vm1, vm2], labels: { hypervisor: hv1 } }
  g2: { guests: [vm2], labels: { hypervisor: hv2, rack: 7 } }
guests:
  vm1: { host: 192.0.2.1 }
  vm2: { host: 192.0.2.2, labels: { zone: true } }
  vm3:
`,
      'inventory.yaml',
    );
    const of = (guest: string) => ['hypervisor', 'rack', 'zone'].map((name) => label(inventory, guest, name));
    expect(of('vm1')).toEqual(['hv1', '1', 'a']);
    expect(of('vm2')).toEqual(['hv2', '7', 'true']);
    expect(of('vm3')).toEqual([undefined, '1', 'a']);
    expect(label(inventory, 'vm1', 'constructor')).toBeUndefined();
  });

  it("of Ansible's: any variable with one value", () => {
    const inventory = read(
      '[web]\nvm1 hypervisor=hv1\nvm2 hypervisor=[1,2]\nvm3\n[web:vars]\nhypervisor=hv9\nrack=07\n',
    );
    expect(['vm1', 'vm2', 'vm3'].map((guest) => label(inventory, guest, 'hypervisor'))).toEqual([
      'hv1',
      undefined,
      'hv9',
    ]);
    expect(label(inventory, 'vm1', 'rack')).toBe('07');
  });

  it('are one value each', () => {
    expect(() => read('guests: { vm1: { host: a, labels: { rack: [1] } } }', 'inventory.yaml')).toThrow(
      /takes one value/,
    );
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Definitions } from '../../src/inventory/ansible/definitions.ts';
import { Hierarchy } from '../../src/inventory/ansible/hierarchy.ts';
import { Layers, type VarsFinder } from '../../src/inventory/ansible/layers.ts';
import { readSources } from '../../src/inventory/read.ts';
import { selectGuests } from '../../src/inventory/select.ts';
import { findInventories, loadInventories } from '../../src/shipped/inventory.ts';

/** Inventories with what ansible-core made of them; scripts/inventory-corpus.mjs asks it again. */
const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));

interface Answer {
  readonly list: Readonly<Record<string, { hosts?: string[]; children?: string[]; hostvars?: Record<string, object> }>>;
  readonly patterns: Readonly<Record<string, string[]>>;
}

interface Case {
  readonly name: string;
  readonly named: readonly string[];
  readonly answer: Answer;
}

const cases = readdirSync(CORPUS).map((name): Case => {
  const folder = join(CORPUS, name);
  const questions = readFileSync(join(folder, 'questions'), 'utf8');
  const args = /^args: (.*)$/m.exec(questions)?.[1] ?? '';
  const named = args.split(' ').map((arg) => (existsSync(join(folder, arg)) ? join(folder, arg) : arg));
  return { name, named, answer: JSON.parse(readFileSync(join(folder, 'ansible.json'), 'utf8')) as Answer };
});

/** Groups and variables as `ansible-inventory --list` prints them. */
function listed(definitions: Definitions, finders: readonly VarsFinder[]): Answer['list'] {
  const hierarchy = new Hierarchy(definitions);
  const layers = new Layers(definitions, hierarchy, finders);
  const hostvars: Record<string, object> = {};
  for (const host of definitions.hosts.values()) {
    const all = layers.of(host).layers.flatMap((layer) => [...layer]);
    if (all.length > 0) hostvars[host.name] = Object.fromEntries(all.map(([key, { value }]) => [key, value]));
  }
  const groups = [...definitions.groups.values()].map(({ name, hosts, children }) => {
    const node = {
      // Ansible leaves out what `all` names itself.
      ...(hosts.size > 0 && name !== 'all' ? { hosts: [...hosts].map((host) => host.name) } : {}),
      ...(children.size > 0 ? { children: [...children.keys()].map((child) => child.name) } : {}),
    };
    return [name, node] as const;
  });
  return {
    _meta: { hostvars },
    ...Object.fromEntries(groups.filter(([, node]) => Object.keys(node).length > 0)),
  };
}

describe('inventories mean what they mean to Ansible', () => {
  it.each(cases)('$name', ({ named, answer }) => {
    const { sources, finders } = findInventories(named, () => undefined);
    const { ansible } = readSources(sources);
    expect(ansible?.errors).toEqual([]);
    expect(listed(ansible!, finders)).toEqual(answer.list);
  });

  it('and there are enough of them', () => {
    expect(cases.length).toBeGreaterThan(40);
  });
});

describe('patterns select what they select in Ansible', () => {
  const asked = cases.flatMap(({ name, named, answer }) =>
    Object.entries(answer.patterns).map(([pattern, hosts]) => [name, pattern, named, hosts] as const),
  );
  it.each(asked)('%s: %s', (_name, pattern, named, hosts) => {
    const inventory = loadInventories(named);
    if (hosts.length === 0) {
      // Where Ansible goes on with nothing, that is an error here.
      expect(() => selectGuests(inventory, [pattern])).toThrow('no guest is left');
      return;
    }
    const found = selectGuests(inventory, [pattern]).map(({ name }) => name);
    expect([...found].sort()).toEqual([...hosts].sort());
  });
});

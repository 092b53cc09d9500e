import type { ProvisionError } from '../../errors.ts';
import { throwAll } from '../../yaml/read.ts';
import type { Guest, GroupNode, Inventory } from '../guest.ts';
import { guestOf } from './connection.ts';
import type { Definitions, GroupDefinition } from './definitions.ts';
import { Hierarchy } from './hierarchy.ts';
import { Layers, type VarsFinder } from './layers.ts';

/**
 * The guests that Ansible's inventories define, with the files beside them.
 * @throws ProvisionErrors E_INVENTORY, all that is wrong but what concerns one guest alone
 */
export function inventoryOf(definitions: Definitions, finders: readonly VarsFinder[]): Inventory {
  throwAll(definitions.errors);
  const hierarchy = new Hierarchy(definitions);
  const layers = new Layers(definitions, hierarchy, finders);
  const guests: Guest[] = [];
  const problems = new Map<string, readonly ProvisionError[]>();
  const { all, ungrouped } = definitions;
  for (const host of hierarchy.membersOf(all)) {
    const names = hierarchy.groupsOf(host).flatMap((group) => (group === ungrouped ? [] : [group.name]));
    const usable = guestOf(host, names, layers.of(host));
    guests.push(usable.guest);
    if (usable.problems.length > 0) problems.set(host.name, usable.problems);
  }
  for (const group of definitions.groups.values()) layers.check(group);
  throwAll(definitions.errors);
  const groups = [...definitions.groups.values()].filter(
    (group) => group !== all && (group !== ungrouped || group.hosts.size > 0),
  );
  const members = groups.map((group) => [group.name, hierarchy.membersOf(group).map(({ name }) => name)]);
  return {
    guests,
    groups: Object.fromEntries(members) as Record<string, string[]>,
    tree: new Map([all, ...groups].map((group) => [group.name, nodeOf(group, groups)])),
    problems,
    notes: definitions.notes,
  };
}

function nodeOf({ children, hosts }: GroupDefinition, shown: readonly GroupDefinition[]): GroupNode {
  return {
    children: [...children.keys()].filter((child) => shown.includes(child)).map(({ name }) => name),
    guests: [...hosts].map(({ name }) => name),
  };
}

import type { ProvisionError } from '../../errors.ts';
import { throwAll } from '../../yaml/read.ts';
import type { Guest, GroupNode, Inventory, Label } from '../guest.ts';
import { guestOf } from './connection.ts';
import type { Definitions, GroupDefinition } from './definitions.ts';
import { Hierarchy } from './hierarchy.ts';
import { Layers, type HostVariables, type VarsFinder } from './layers.ts';

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
  const labels = new Map<string, Label>();
  const { all, ungrouped } = definitions;
  for (const host of hierarchy.membersOf(all)) {
    const names = hierarchy.groupsOf(host).flatMap((group) => (group === ungrouped ? [] : [group.name]));
    const variables = layers.of(host);
    const usable = guestOf(host, names, variables);
    guests.push(usable.guest);
    labels.set(host.name, (name) => labelOf(variables, name));
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
    labels,
    notes: definitions.notes,
  };
}

/** A variable that is one value in the clear. */
function labelOf({ layers }: HostVariables, name: string): string | undefined {
  const variable = layers.findLast((layer) => layer.has(name))?.get(name);
  if (variable === undefined || variable.sealed || variable.value === null) return undefined;
  const { value, text } = variable;
  return typeof value === 'object' ? undefined : (text ?? String(value));
}

function nodeOf({ children, hosts }: GroupDefinition, shown: readonly GroupDefinition[]): GroupNode {
  return {
    children: [...children.keys()].filter((child) => shown.includes(child)).map(({ name }) => name),
    guests: [...hosts].map(({ name }) => name),
  };
}

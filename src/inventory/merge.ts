import { ProvisionError } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import { throwAll } from '../yaml/read.ts';
import type { Guest, GroupNode, Inventory } from './guest.ts';

/**
 * One inventory out of several of different kinds. Groups of one name become one; guests of one name are an error, since
 * nothing says which kind wins.
 * @throws ProvisionErrors E_INVENTORY
 */
export function mergeInventories(first: Inventory, more: readonly Inventory[]): Inventory {
  return more.reduce(merge, first);
}

function merge(a: Inventory, b: Inventory): Inventory {
  const known = new Map(a.guests.map((guest) => [guest.name, guest]));
  throwAll([
    ...b.guests.flatMap((guest) => {
      const other = known.get(guest.name);
      return other === undefined ? [] : [clash(guest, `${quoted(guest.name)} is in two inventories, ${at(other)} too`)];
    }),
    ...namesakes(a, b),
    ...namesakes(b, a),
  ]);
  const names = [...new Set([...Object.keys(a.groups), ...Object.keys(b.groups)])];
  const groups = names.map((name) => [name, union(membersOf(a, name), membersOf(b, name))] as const);
  return {
    guests: [...a.guests, ...b.guests],
    groups: Object.fromEntries(groups),
    tree: new Map([...a.tree, ...b.tree].map(([name]) => [name, mergeNodes(a.tree.get(name), b.tree.get(name))])),
    problems: new Map([...a.problems, ...b.problems]),
    labels: new Map([...(a.labels ?? []), ...(b.labels ?? [])]),
    notes: union(a.notes, b.notes),
  };
}

function membersOf({ groups }: Inventory, name: string): readonly string[] {
  return Object.hasOwn(groups, name) ? (groups[name] ?? []) : [];
}

function mergeNodes(a: GroupNode | undefined, b: GroupNode | undefined): GroupNode {
  return {
    children: union(a?.children ?? [], b?.children ?? []),
    guests: union(a?.guests ?? [], b?.guests ?? []),
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}

/** Guests of one that are groups of the other. */
function namesakes({ guests }: Inventory, { groups }: Inventory): ProvisionError[] {
  return guests
    .filter(({ name }) => Object.hasOwn(groups, name))
    .map((guest) => clash(guest, `${quoted(guest.name)} is a guest here and a group in another inventory`));
}

function clash({ from }: Guest, message: string): ProvisionError {
  const details = { hint: 'rename one of them', ...(from === undefined ? {} : { where: from }) };
  return new ProvisionError('E_INVENTORY', message, details);
}

function at({ from }: Guest): string {
  if (from === undefined) return 'elsewhere';
  return from.line === undefined ? from.file : `${from.file}:${from.line}`;
}

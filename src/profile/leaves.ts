import type { Place } from '../errors.ts';
import type { YamlFile } from '../yaml/read.ts';
import { plain, type Plain, type YamlNode } from '../yaml/tree.ts';
import type { Origin } from './desired.ts';
import { sysctlKey } from './sysctl-key.ts';

/** One value of a profile by its dotted path, and who said so. Lists are values; an empty mapping is one too. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: Plain;
  readonly origin: Origin;
  /** Where to point when the value turns out to be wrong. */
  readonly place: () => Place;
}

export type Leaves = ReadonlyMap<string, Leaf>;

/** Keys that describe the file itself and are neither inherited nor overridden. */
export const HEADER: ReadonlySet<string> = new Set(['apiVersion', 'name', 'description', 'extends']);

/** Cuts a mapping into its leaves. */
export function leavesOf(
  node: YamlNode,
  path: readonly string[],
  file: YamlFile,
  origin: (at: number) => Origin,
): Leaf[] {
  if (node.kind !== 'map' || node.entries.size === 0) {
    return [
      { path, value: plain(node), origin: origin(node.start), place: () => file.places.place(node.start, node.end) },
    ];
  }
  return [...node.entries].flatMap(([key, { value }]) => {
    if (path.length === 0 && HEADER.has(key)) return [];
    return leavesOf(value, [...path, path[0] === 'sysctl' ? sysctlKey(key) : key], file, origin);
  });
}

/** What is left when one layer of settings is laid over another: mappings merge, everything else is replaced. */
export function merge(under: Leaves, over: Iterable<Leaf>): Leaves {
  const merged = new Map(under);
  for (const leaf of over) put(merged, leaf);
  return merged;
}

function put(leaves: Map<string, Leaf>, leaf: Leaf): void {
  const key = leaf.path.join('.');
  // A sysctl holds no others, whatever its name begins with; and there may be many.
  const isSysctl = leaf.path[0] === 'sysctl' && leaf.path.length > 1;
  const inside = isSysctl ? [] : [...leaves.keys()].filter((other) => other.startsWith(`${key}.`));
  // An empty mapping adds nothing to a section that is there; false, a list or a scalar replaces all of it.
  if (inside.length > 0 && isEmptyMapping(leaf.value)) return;
  for (const other of inside) leaves.delete(other);
  for (let depth = 1; depth < leaf.path.length; depth++) leaves.delete(leaf.path.slice(0, depth).join('.'));
  leaves.delete(key);
  leaves.set(key, leaf);
}

function isEmptyMapping(value: Plain): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The leaves as one mapping again. */
export function nest(leaves: Leaves): { [key: string]: Plain } {
  const root: { [key: string]: Plain } = {};
  for (const { path, value } of leaves.values()) {
    let target = root;
    for (const step of path.slice(0, -1)) target = (target[step] ??= {}) as { [key: string]: Plain };
    target[path.at(-1) ?? ''] = value;
  }
  return root;
}

import { quoted } from '../../yaml/place.ts';
import { spot } from '../mark.ts';
import type { Definitions, GroupDefinition, HostDefinition } from './definitions.ts';

/**
 * The groups as one tree, as Ansible completes it: a group without a parent is a child of `all`, a host in no other group
 * is in `ungrouped`.
 */
export class Hierarchy {
  readonly #definitions: Definitions;
  readonly #depths: ReadonlyMap<GroupDefinition, number>;
  readonly #chains = new Map<string, readonly GroupDefinition[]>();
  readonly #numbers: ReadonlyMap<GroupDefinition, number>;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
    this.#complete();
    this.#depths = depthsBelow(definitions.all);
    this.#numbers = new Map([...definitions.groups.values()].map((group, index) => [group, index]));
  }

  /** Groups of a host and all above them but `all`, in the order in which their variables are laid over each other. */
  groupsOf(host: HostDefinition): readonly GroupDefinition[] {
    const key = [...host.groups].map((group) => this.#numbers.get(group)).join();
    let chain = this.#chains.get(key);
    if (!chain) {
      const above = new Set(host.groups);
      for (const group of above) for (const parent of group.parents) above.add(parent);
      above.delete(this.#definitions.all);
      const depth = (group: GroupDefinition): number => this.#depths.get(group) ?? 0;
      chain = [...above].sort(
        (a, b) => depth(a) - depth(b) || a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
      );
      this.#chains.set(key, chain);
    }
    return chain;
  }

  /** All hosts of a group: its own, then those of its children, level by level. The order is that of its slices. */
  membersOf(group: GroupDefinition): HostDefinition[] {
    const groups = new Set([group]);
    for (const each of groups) for (const child of each.children.keys()) groups.add(child);
    return [...new Set([...groups].flatMap(({ hosts }) => [...hosts]))];
  }

  #complete(): void {
    const { all, ungrouped, groups, hosts } = this.#definitions;
    for (const group of groups.values()) {
      if (group !== all && group.parents.size === 0) this.#definitions.addChild(all, group, group.mark);
    }
    for (const host of hosts.values()) {
      const elsewhere = [...host.groups].some((group) => group !== all && group !== ungrouped);
      if (elsewhere && host.groups.delete(ungrouped)) ungrouped.hosts.delete(host);
      if (!elsewhere && !host.groups.has(ungrouped)) {
        host.groups.add(ungrouped);
        ungrouped.hosts.add(host);
      }
      const namesake = groups.get(host.name);
      if (namesake !== undefined && !this.#isOfOneName(host, namesake)) {
        const message = `${quoted(host.name)} is a guest, and a group in ${spot(namesake.mark)}`;
        this.#definitions.error(message, 'rename one of them', host.mark);
      }
    }
  }

  /** A program may print a host as a group of one. */
  #isOfOneName(host: HostDefinition, group: GroupDefinition): boolean {
    return host.mark.line === undefined && group.children.size === 0 && group.hosts.size === 1 && group.hosts.has(host);
  }
}

/** How far each group is from the top on the longest way. */
function depthsBelow(top: GroupDefinition): Map<GroupDefinition, number> {
  const depths = new Map([[top, 0]]);
  const open = new Map<GroupDefinition, number>();
  const ready = [top];
  for (let group = ready.pop(); group !== undefined; group = ready.pop()) {
    for (const child of group.children.keys()) {
      const left = (open.get(child) ?? child.parents.size) - 1;
      open.set(child, left);
      depths.set(child, Math.max(depths.get(child) ?? 0, (depths.get(group) ?? 0) + 1));
      if (left === 0) ready.push(child);
    }
  }
  return depths;
}

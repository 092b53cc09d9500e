import { isDeepStrictEqual } from 'node:util';
import { ProvisionError, type Place } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';
import type { Plain } from '../../yaml/tree.ts';
import { spot, type Mark } from '../mark.ts';
import { isOurs } from './keys.ts';

/** One variable as an inventory sets it. */
export interface Variable {
  readonly value: Plain;
  /** As written, where that was text whose type was guessed (INI). */
  readonly text?: string;
  /** Encrypted with ansible-vault. */
  readonly sealed?: true;
  readonly mark: Mark;
  /** The place of a part of the value, where it is known better than that of the whole. */
  readonly part?: (steps: readonly PropertyKey[], onKey: boolean) => Place;
  readonly line?: (steps: readonly PropertyKey[]) => number;
}

export type Variables = Map<string, Variable>;

export interface GroupDefinition {
  readonly name: string;
  readonly mark: Mark;
  /** Those that it names itself, in order. */
  readonly hosts: Set<HostDefinition>;
  readonly children: Map<GroupDefinition, Mark>;
  readonly parents: Set<GroupDefinition>;
  readonly vars: Variables;
  /** ansible_group_priority: among groups of one depth the highest wins. */
  priority: number;
}

export interface HostDefinition {
  readonly name: string;
  readonly mark: Mark;
  /** Those that name it themselves. */
  readonly groups: Set<GroupDefinition>;
  readonly vars: Variables;
}

/** Names must not be mistaken for a pattern, an option or another line. */
const NAME = /^(?![-!&~@\s])[^\p{Cc},*?[\]]{1,255}(?<!\s)$/u;

/** What all sources of an inventory say together: groups, hosts and variables, each with its place. */
export class Definitions {
  readonly groups = new Map<string, GroupDefinition>();
  readonly hosts = new Map<string, HostDefinition>();
  readonly errors: ProvisionError[] = [];
  readonly notes: string[] = [];
  readonly all: GroupDefinition;
  readonly ungrouped: GroupDefinition;

  constructor(origin: Mark) {
    this.all = this.group('all', origin);
    this.ungrouped = this.group('ungrouped', origin);
    this.addChild(this.all, this.ungrouped, origin);
  }

  group(name: string, mark: Mark): GroupDefinition {
    const known = this.groups.get(name);
    if (known) return known;
    this.#checkName(name, 'a group', mark);
    const group: GroupDefinition = {
      name,
      mark,
      hosts: new Set(),
      children: new Map(),
      parents: new Set(),
      vars: new Map(),
      priority: 1,
    };
    this.groups.set(name, group);
    return group;
  }

  host(name: string, group: GroupDefinition, mark: Mark): HostDefinition {
    let host = this.hosts.get(name);
    if (!host) {
      this.#checkName(name, 'a guest', mark);
      host = { name, mark, groups: new Set(), vars: new Map() };
      this.hosts.set(name, host);
    }
    host.groups.add(group);
    group.hosts.add(host);
    return host;
  }

  /** Refuses a child that would make the groups go round in a circle, and names the way round. */
  addChild(parent: GroupDefinition, child: GroupDefinition, mark: Mark): void {
    if (parent.children.has(child)) return;
    if (child === this.all) {
      this.error(`all is above every group, and cannot be below ${parent.name}`, 'take it out', mark);
      return;
    }
    const canGoRound = child.children.size > 0 && parent.parents.size > 0;
    const way = parent === child ? [] : canGoRound ? wayBetween(child, parent) : undefined;
    if (way !== undefined) {
      const names = [parent, child, ...way].map(({ name }) => name).join(' > ');
      const back = [child, ...way].at(-2)?.children.get(parent);
      const other = back === undefined ? '' : `, the way back is in ${spot(back)}`;
      const message = parent === child ? `group ${parent.name} is its own child` : `groups go round: ${names}${other}`;
      this.error(message, 'take one of them out', mark);
      return;
    }
    parent.children.set(child, mark);
    child.parents.add(parent);
  }

  set({ name, vars }: GroupDefinition | HostDefinition, key: string, variable: Variable): void {
    const before = vars.get(key);
    if (before?.mark.file === variable.mark.file && isOurs(key) && !isDeepStrictEqual(before.value, variable.value)) {
      const values = `${shown(variable)} here and ${shown(before)} in ${spot(before.mark)}`;
      this.error(`${name} has two values of ${key}: ${values}`, 'keep one of them', variable.mark);
    }
    vars.set(key, variable);
  }

  /** A group's priority is no variable of its guests. */
  setGroup(group: GroupDefinition, key: string, variable: Variable): void {
    if (key !== 'ansible_group_priority') {
      this.set(group, key, variable);
      return;
    }
    const priority = Number(variable.value);
    if (Number.isInteger(priority)) group.priority = priority;
    else this.error(`ansible_group_priority takes a whole number, not ${shown(variable)}`, 'write 10', variable.mark);
  }

  error(message: string, hint: string, mark: Mark): void {
    this.errors.push(new ProvisionError('E_INVENTORY', message, { hint, where: mark.place() }));
  }

  #checkName(name: string, what: string, mark: Mark): void {
    if (NAME.test(name)) return;
    const hint = 'names begin with a letter or a digit and have no commas, brackets, * or ?';
    this.error(`${quoted(name)} cannot be the name of ${what}`, hint, mark);
  }
}

/** The groups after `from` on the way down to `to`, both through children; undefined when there is none. */
function wayBetween(from: GroupDefinition, to: GroupDefinition): GroupDefinition[] | undefined {
  const cameFrom = new Map<GroupDefinition, GroupDefinition | null>([[from, null]]);
  for (const group of cameFrom.keys()) {
    if (group === to) {
      const way: GroupDefinition[] = [];
      for (let at: GroupDefinition | null | undefined = to; at && at !== from; at = cameFrom.get(at)) way.unshift(at);
      return way;
    }
    for (const child of group.children.keys()) if (!cameFrom.has(child)) cameFrom.set(child, group);
  }
  return undefined;
}

function shown({ value, sealed }: Variable): string {
  if (sealed) return 'an encrypted value';
  return typeof value === 'string' ? quoted(value) : quoted(JSON.stringify(value)).slice(1, -1);
}

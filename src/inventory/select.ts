import { ProvisionError } from '../errors.ts';
import { throwAll } from '../yaml/read.ts';
import { closest } from '../yaml/suggest.ts';
import type { Guest, Inventory } from './guest.ts';
import { matchPatterns } from './patterns/match.ts';
import { expandNodes, hasNodeSet } from './patterns/nodes.ts';
import { guestFromText, hostFromText, isAddress } from './target.ts';

export interface SelectOptions {
  /** Arguments of `--limit`: patterns over what the arguments selected. */
  readonly limit?: readonly string[];
  /** Concrete Host names of ssh_config; asked only for words that the inventory does not know. */
  readonly sshHosts?: () => readonly string[];
  /** The text of a file that `@file` names; undefined when there is none. */
  readonly fileText?: (path: string) => string | undefined;
}

export const EMPTY_INVENTORY: Inventory = {
  guests: [],
  groups: {},
  tree: new Map([['all', { children: [], guests: [] }]]),
  problems: new Map(),
  notes: [],
};

/**
 * The guests that a command is for, in the order of the inventory, those given by address after them. Without arguments
 * all of the inventory.
 * @param args GUEST arguments: names, groups, patterns, Host names of ssh_config, `[user@]host[:port]`, `local`
 * @throws ProvisionError E_INVENTORY: an unknown name, nothing to choose from, nothing chosen
 */
export function selectGuests(inventory: Inventory, args: readonly string[], options: SelectOptions = {}): Guest[] {
  const names = inventory.guests.map(({ name }) => name);
  const known = new Set([...names, ...Object.keys(inventory.groups), 'all']);
  const patterns: string[] = [];
  const given = new Map<string, Guest>();
  for (const arg of args) {
    const hosts = known.has(arg) ? [] : hostsOf(arg, known, options);
    if (hosts.length === 0) patterns.push(arg);
    else for (const host of hosts) given.set(host, guestFromText(host));
  }
  if (args.length === 0 && names.length === 0) throw nothingToSelect(inventory);
  const { groups } = inventory;
  const { fileText } = options;
  const named = patterns.length > 0 || args.length === 0 ? matchPatterns(patterns, { names, groups, fileText }) : [];
  const chosen = new Set(named);
  const guests = [...inventory.guests.filter(({ name }) => chosen.has(name)), ...given.values()];
  const limited = limit(guests, inventory, options);
  if (limited.length > 0) return [...limited];
  const asked = [...args, ...(options.limit ?? []).map((text) => `--limit ${text}`)].join(' ');
  throw new ProvisionError('E_INVENTORY', `no guest is left of ${asked || 'the inventory'}`, {
    hint: 'check the exclusions (!) and intersections (&)',
  });
}

/**
 * Refuses guests that cannot be used as they are written down.
 * @throws ProvisionErrors E_INVENTORY, all of their problems, each with its place
 */
export function throwProblems({ problems }: Inventory, guests: readonly Guest[]): void {
  if (problems.size === 0) return;
  // What a group is told wrong is a problem of each of its guests, and still one.
  const found = guests.flatMap(({ name }) => problems.get(name) ?? []);
  throwAll([...new Map(found.map((error) => [JSON.stringify([error.message, error.where]), error])).values()]);
}

function limit(guests: readonly Guest[], inventory: Inventory, options: SelectOptions): readonly Guest[] {
  const { limit: patterns = [], fileText } = options;
  if (patterns.length === 0) return guests;
  // A name of the inventory that was not selected is no mistake: it selects nothing.
  const names = [...new Set([...guests, ...inventory.guests].map(({ name }) => name))];
  const addresses = patterns.filter((pattern) => names.includes(pattern));
  const others = patterns.filter((pattern) => !names.includes(pattern));
  const { groups } = inventory;
  const matched = others.length > 0 ? matchPatterns(others, { names, groups, fileText }) : [];
  const chosen = new Set([...addresses, ...matched]);
  return guests.filter(({ name }) => chosen.has(name));
}

/** The machines that an argument names which the inventory does not know: one, or a node set of them. */
function hostsOf(arg: string, known: ReadonlySet<string>, options: SelectOptions): string[] {
  if (isHost(arg, known, options)) return [arg];
  if (!hasNodeSet(arg) || /[,!&^*?~](?![^[]*\])/.test(arg)) return [];
  const hosts = expandNodes(arg);
  return hosts.every((host) => !known.has(host) && isHost(host, known, options)) ? hosts : [];
}

/** Whether an argument that the inventory does not know is a machine of its own rather than a mistyped name. */
function isHost(arg: string, known: ReadonlySet<string>, { sshHosts }: SelectOptions): boolean {
  if (isAddress(arg)) return true;
  if (/[,:!&*?[\]]/.test(arg)) return false;
  if (sshHosts?.().includes(arg) === true) return true;
  // A full domain name, unless it looks like a guest that is meant.
  return arg.includes('.') && hostFromText(arg) !== null && closest(arg, known) === undefined;
}

function nothingToSelect(inventory: Inventory): ProvisionError {
  if (inventory !== EMPTY_INVENTORY) {
    return new ProvisionError('E_INVENTORY', 'the inventory has no guests', {
      hint: 'provision inventory graph shows it',
    });
  }
  return new ProvisionError('E_INVENTORY', 'no guest was given and there is no inventory', {
    hint: 'name guests as user@host, or write an inventory: provision init',
  });
}

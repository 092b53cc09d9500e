import { ProvisionError } from '../errors.ts';
import { closest } from '../yaml/suggest.ts';
import type { Guest, Inventory } from './guest.ts';
import { matchPatterns } from './pattern.ts';
import { guestFromText, hostFromText, isAddress } from './target.ts';

export interface SelectOptions {
  /** Arguments of `--limit`: patterns over what the arguments selected. */
  readonly limit?: readonly string[];
  /** Concrete Host names of ssh_config; asked only for words that the inventory does not know. */
  readonly sshHosts?: () => readonly string[];
}

export const EMPTY_INVENTORY: Inventory = { guests: [], groups: {} };

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
    if (!known.has(arg) && isHost(arg, known, options)) given.set(arg, guestFromText(arg));
    else patterns.push(arg);
  }
  if (args.length === 0 && names.length === 0) throw nothingToSelect();
  const named =
    patterns.length > 0 || args.length === 0 ? matchPatterns(patterns, { names, groups: inventory.groups }) : [];
  const chosen = new Set(named);
  const guests = [...inventory.guests.filter(({ name }) => chosen.has(name)), ...given.values()];
  const limited = limit(guests, inventory, options.limit ?? []);
  if (limited.length > 0) return [...limited];
  const asked = [...args, ...(options.limit ?? []).map((text) => `--limit ${text}`)].join(' ');
  throw new ProvisionError('E_INVENTORY', `no guest is left of ${asked || 'the inventory'}`, {
    hint: 'check the exclusions (!) and intersections (&)',
  });
}

function limit(guests: readonly Guest[], inventory: Inventory, patterns: readonly string[]): readonly Guest[] {
  if (patterns.length === 0) return guests;
  // A name of the inventory that was not selected is no mistake: it selects nothing.
  const names = [...new Set([...guests, ...inventory.guests].map(({ name }) => name))];
  const addresses = patterns.filter((pattern) => names.includes(pattern));
  const others = patterns.filter((pattern) => !names.includes(pattern));
  const matched = others.length > 0 ? matchPatterns(others, { names, groups: inventory.groups }) : [];
  const chosen = new Set([...addresses, ...matched]);
  return guests.filter(({ name }) => chosen.has(name));
}

/** Whether an argument that the inventory does not know is a machine of its own rather than a mistyped name. */
function isHost(arg: string, known: ReadonlySet<string>, { sshHosts }: SelectOptions): boolean {
  if (isAddress(arg)) return true;
  if (/[,:!&*?[\]]/.test(arg)) return false;
  if (sshHosts?.().includes(arg) === true) return true;
  // A full domain name, unless it looks like a guest that is meant.
  return arg.includes('.') && hostFromText(arg) !== null && closest(arg, known) === undefined;
}

function nothingToSelect(): ProvisionError {
  return new ProvisionError('E_INVENTORY', 'no guest was given and there is no inventory', {
    hint: 'name guests as user@host, or write an inventory: provision init',
  });
}

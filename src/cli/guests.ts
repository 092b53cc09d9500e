import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';

import { ProvisionError } from '../errors.ts';
import { loadAccess, type Access, type AccessOptions } from '../guest/access.ts';
import { hostNames } from '../guest/ssh-config.ts';
import { loadSshConfig } from '../guest/ssh-config-file.ts';
import type { Guest, Inventory } from '../inventory/guest.ts';
import { EMPTY_INVENTORY, selectGuests, throwProblems } from '../inventory/select.ts';
import { loadInventories } from '../shipped/inventory.ts';
import { escapeControl } from '../report/escape.ts';
import { countFlag, durationFlag, jumpFlag, listFlag, textFlag, transportFlag } from './flags.ts';
import { noteFor } from './output.ts';
import type { Flags } from './program.ts';
import { askSecret, confirmWholeInventory, connectionQuestions } from './questions.ts';

const DEFAULT_INVENTORY = 'inventory.yaml';
export const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * The guests of a command, with the connection flags laid over what the inventory says.
 * @param touches what is about to be done to them; undefined for commands that only look
 */
export async function chooseGuests(args: readonly string[], flags: Flags, touches?: string): Promise<Guest[]> {
  const inventory = inventoryOf(flags);
  const selected = selectedOf(inventory, args, flags);
  throwProblems(inventory, selected);
  if (args.length === 0 && touches !== undefined && flags['yes'] !== true) {
    await confirmWholeInventory(selected, touches);
  }
  const serialBy = textFlag(flags, 'serialBy');
  const groups = serialBy === undefined ? undefined : serialGroups(inventory, selected, serialBy);
  return selected.map((guest) => {
    const group = groups?.get(guest.name);
    return { ...withFlags(guest, flags), ...(group === undefined ? {} : { serialGroup: group }) };
  });
}

/**
 * The groups of `--serial-by`, by guest.
 * @throws ProvisionError E_USAGE when no guest has that label
 */
function serialGroups({ labels }: Inventory, guests: readonly Guest[], name: string): ReadonlyMap<string, string> {
  const found = guests.flatMap((guest) => {
    const value = labels?.get(guest.name)?.(name);
    return value === undefined ? [] : ([[guest.name, value]] as const);
  });
  if (found.length > 0) return new Map(found);
  throw new ProvisionError('E_USAGE', `no guest has a label "${name}"`, {
    hint: 'write labels: { hypervisor: hv1 } into the inventory, or use a variable of an inventory of Ansible',
  });
}

/** The guests that arguments and --limit name, as the inventory has them. */
export function selectedOf(inventory: Inventory, args: readonly string[], flags: Flags): Guest[] {
  const limit = textFlag(flags, 'limit');
  return selectGuests(inventory, args, {
    ...(limit === undefined ? {} : { limit: [limit] }),
    sshHosts: () => hostNames(loadSshConfig({ home: homedir(), only: textFlag(flags, 'sshConfig') })),
    fileText: (path) =>
      statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path, 'utf8') : undefined,
  });
}

/** All inventories of a command as one; what was passed over in them is said on stderr. */
export function inventoryOf(flags: Flags): Inventory {
  const inventory = namedInventory(flags);
  if (flags['quiet'] !== true)
    for (const note of inventory.notes) process.stderr.write(`note: ${escapeControl(note)}\n`);
  return inventory;
}

function namedInventory(flags: Flags): Inventory {
  const named = listFlag(flags, 'inventory');
  if (named.length > 0) return loadInventories(named);
  const variable = process.env['PROVISION_INVENTORY'];
  if (variable !== undefined && variable !== '') return loadInventories([variable]);
  return existsSync(DEFAULT_INVENTORY) ? loadInventories([DEFAULT_INVENTORY]) : EMPTY_INVENTORY;
}

function withFlags(guest: Guest, flags: Flags): Guest {
  const user = textFlag(flags, 'user');
  const key = textFlag(flags, 'privateKey');
  const jump = jumpFlag(flags);
  const transport = guest.transport === 'local' ? undefined : transportFlag(flags);
  return {
    ...guest,
    ...(jump === undefined ? {} : { jump }),
    ...(transport === undefined ? {} : { transport }),
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { identityFiles: [key] }),
    become: guest.become || flags['become'] === true,
  };
}

/** How guests are reached: ssh_config, keys, passwords; read once for a run. */
export async function accessFor(flags: Flags): Promise<Access> {
  return loadAccess(await accessOptions(flags));
}

/** What the flags say about that; asks for the passwords. @throws ProvisionError E_USAGE when there is nobody to ask */
export async function accessOptions(flags: Flags): Promise<AccessOptions> {
  const password = flags['askPass'] === true ? await askSecret('SSH password:', 'PROVISION_PASSWORD') : undefined;
  const becomePassword =
    flags['askBecomePass'] === true ? await askSecret('sudo password:', 'PROVISION_BECOME_PASSWORD') : undefined;
  const timeout = textFlag(flags, 'timeout');
  return {
    sshConfig: textFlag(flags, 'sshConfig'),
    password,
    becomePassword,
    acceptNew: flags['acceptNew'] === true,
    ...(textFlag(flags, 'handshakes') === undefined ? {} : { handshakes: countFlag(flags, 'handshakes', 1) }),
    ...(timeout === undefined ? {} : { connectTimeoutMs: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS) }),
    ask: connectionQuestions(),
    note: noteFor(flags),
  };
}

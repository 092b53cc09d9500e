import { existsSync } from 'node:fs';
import { homedir } from 'node:os';

import { loadAccess, type Access } from '../guest/access.ts';
import { hostNames } from '../guest/ssh-config.ts';
import { loadSshConfig } from '../guest/ssh-config-file.ts';
import type { Guest, Inventory } from '../inventory/guest.ts';
import { EMPTY_INVENTORY, selectGuests } from '../inventory/select.ts';
import { loadInventory } from '../shipped/inventory.ts';
import { durationFlag, textFlag } from './flags.ts';
import type { Flags } from './program.ts';
import { askSecret, confirmWholeInventory, connectionQuestions } from './questions.ts';

const DEFAULT_INVENTORY = 'inventory.yaml';
export const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * The guests of a command, with the connection flags laid over what the inventory says.
 * @param touches what is about to be done to them; undefined for commands that only look
 */
export async function chooseGuests(args: readonly string[], flags: Flags, touches?: string): Promise<Guest[]> {
  const limit = textFlag(flags, 'limit');
  const selected = selectGuests(inventoryOf(flags), args, {
    ...(limit === undefined ? {} : { limit: [limit] }),
    sshHosts: () => hostNames(loadSshConfig({ home: homedir(), only: textFlag(flags, 'sshConfig') })),
  });
  if (args.length === 0 && touches !== undefined && flags['yes'] !== true) {
    await confirmWholeInventory(selected, touches);
  }
  return selected.map((guest) => withFlags(guest, flags));
}

function inventoryOf(flags: Flags): Inventory {
  const named = textFlag(flags, 'inventory') ?? process.env['PROVISION_INVENTORY'];
  if (named !== undefined && named !== '') return loadInventory(named);
  return existsSync(DEFAULT_INVENTORY) ? loadInventory(DEFAULT_INVENTORY) : EMPTY_INVENTORY;
}

function withFlags(guest: Guest, flags: Flags): Guest {
  const user = textFlag(flags, 'user');
  const key = textFlag(flags, 'privateKey');
  return {
    ...guest,
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { identityFiles: [key] }),
    become: guest.become || flags['become'] === true,
  };
}

/** How guests are reached: ssh_config, keys, passwords; read once for a run. */
export async function accessFor(flags: Flags): Promise<Access> {
  const password = flags['askPass'] === true ? await askSecret('SSH password:', 'PROVISION_PASSWORD') : undefined;
  const becomePassword =
    flags['askBecomePass'] === true ? await askSecret('sudo password:', 'PROVISION_BECOME_PASSWORD') : undefined;
  const timeout = textFlag(flags, 'timeout');
  return loadAccess({
    sshConfig: textFlag(flags, 'sshConfig'),
    password,
    becomePassword,
    acceptNew: flags['acceptNew'] === true,
    ...(timeout === undefined ? {} : { connectTimeoutMs: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS) }),
    ask: connectionQuestions(),
    note: (text) => {
      if (flags['quiet'] !== true) process.stderr.write(`note: ${text}\n`);
    },
  });
}

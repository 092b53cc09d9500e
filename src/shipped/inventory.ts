import { closeSync, existsSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { ProvisionError } from '../errors.ts';
import type { VarsFinder } from '../inventory/ansible/layers.ts';
import { isSshConfig } from '../inventory/format.ts';
import type { Inventory } from '../inventory/guest.ts';
import { readInventories, type Source } from '../inventory/read.ts';
import { userText } from './files.ts';
import { filesOfFolder } from './inventory/folder.ts';
import { runProgram } from './inventory/program.ts';
import { sshConfigGuests } from './inventory/ssh-config-guests.ts';
import { standardInput } from './inventory/standard-input.ts';
import { varsFinder } from './inventory/vars-folder.ts';

/** A program that lists guests may ask a cloud; one that hangs must not hang everything. */
const PROGRAM_TIMEOUT_MS = 60_000;

interface LoadOptions {
  readonly programTimeoutMs?: number;
}

/**
 * Reads the inventories that a person named: files of any format, folders of them, programs that print one, `-` for
 * standard input, or a list of hosts with a comma (`vm1,vm2`). The later ones win, as in Ansible.
 * @throws ProvisionErrors E_INVENTORY
 */
export function loadInventories(named: readonly string[], options: LoadOptions = {}): Inventory {
  const notes = new Set<string>();
  const { sources, finders } = findInventories(named, (note) => notes.add(note), options);
  const inventory = readInventories(sources, finders);
  return { ...inventory, notes: [...inventory.notes, ...notes] };
}

/** The inventories themselves, and the variables beside them, not yet understood. */
export function findInventories(
  named: readonly string[],
  note: (text: string) => void,
  { programTimeoutMs = PROGRAM_TIMEOUT_MS }: LoadOptions = {},
): { readonly sources: readonly Source[]; readonly finders: readonly VarsFinder[] } {
  // A folder that is named again counts where it is named last.
  const bases = named.flatMap(baseOf);
  const last = bases.filter((base, index) => bases.lastIndexOf(base) === index);
  return {
    sources: named.flatMap((path) => sourcesOf(path, programTimeoutMs)),
    finders: last.map((base) => varsFinder(base, note)),
  };
}

function sourcesOf(path: string, timeoutMs: number): Source[] {
  if (path === '-') return [{ kind: 'text', file: 'stdin', text: standardInput() }];
  const stats = statsOf(path);
  if (stats === undefined && path.includes(',')) {
    return [{ kind: 'text', file: '-i', text: `[ungrouped]\n${path.replaceAll(',', '\n')}\n` }];
  }
  const files = stats?.isDirectory() === true ? filesOfFolder(path) : [path];
  return files.map((file) => sourceOf(file, timeoutMs));
}

function sourceOf(file: string, timeoutMs: number): Source {
  if (isProgram(file)) return { kind: 'program', file, answer: runProgram(file, timeoutMs) };
  const text = userText(file, 'inventory', 'E_INVENTORY');
  return isSshConfig(text) ? sshConfigGuests(file) : { kind: 'text', file, text };
}

/** Where group_vars and host_vars are looked for. */
function baseOf(path: string): string[] {
  const stats = path === '-' ? undefined : statsOf(path);
  if (stats === undefined) return [];
  return [stats.isDirectory() ? path : dirname(path)];
}

function statsOf(path: string): Stats | undefined {
  return existsSync(path) ? statSync(path) : undefined;
}

/**
 * Only what begins like a program is one: on some file systems every file may be executed.
 * @throws ProvisionError E_INVENTORY for a script that may not be executed
 */
function isProgram(path: string): boolean {
  const stats = statsOf(path);
  if (stats?.isFile() !== true) return false;
  const begin = firstBytes(path);
  const script = begin.startsWith('#!');
  if (!script && begin !== '\u007fELF') return false;
  if ((stats.mode & 0o111) !== 0) return true;
  if (!script) return false;
  const details = { hint: `chmod +x ${path}`, where: { file: path, line: 1 } };
  throw new ProvisionError('E_INVENTORY', 'this is a script, and it may not be executed', details);
}

function firstBytes(path: string): string {
  const bytes = Buffer.alloc(4);
  try {
    const file = openSync(path, 'r');
    try {
      const length = readSync(file, bytes, 0, 4, 0);
      const text = bytes.toString('latin1', 0, length);
      return text.startsWith('#!') ? '#!' : text;
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever reads it next says why it cannot be read.
    return '';
  }
}

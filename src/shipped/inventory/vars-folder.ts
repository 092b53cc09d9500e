import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { VarsFile, VarsFinder } from '../../inventory/ansible/layers.ts';
import { userText } from '../files.ts';

const ENDINGS = ['', '.yml', '.yaml', '.json'];

/**
 * Finds variables in `group_vars` and `host_vars` of a folder as Ansible does: a file or folder of the name, else one
 * with `.yml`, `.yaml` or `.json`; of a folder all files, in order.
 * @param note is told what is passed over
 */
export function varsFinder(base: string, note: (text: string) => void): VarsFinder {
  const names = {
    group: namesIn(join(base, 'group_vars'), note),
    host: namesIn(join(base, 'host_vars'), note),
  };
  return (kind, name) => {
    const there = ENDINGS.map((ending) => name + ending).filter((entry) => names[kind].has(entry));
    const [first, ...others] = there.map((entry) => join(base, `${kind}_vars`, entry));
    for (const other of others) note(`${other} was not read: ${first ?? ''} comes first, as in Ansible`);
    return first === undefined ? [] : filesAt(first);
  };
}

function namesIn(folder: string, note: (text: string) => void): ReadonlySet<string> {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return new Set();
  if (stats.isDirectory()) return new Set(readdirSync(folder));
  note(`${folder} is no folder and was not read`);
  return new Set();
}

function filesAt(path: string): VarsFile[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [{ file: path, text: userText(path, 'file of variables', 'E_INVENTORY') }];
  }
  return readdirSync(path)
    .sort()
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .flatMap((name) => {
      const inside = join(path, name);
      const isFolder = statSync(inside, { throwIfNoEntry: false })?.isDirectory() === true;
      if (isFolder) return extname(name) === '' ? filesAt(inside) : [];
      return ENDINGS.includes(extname(name)) ? filesAt(inside) : [];
    });
}

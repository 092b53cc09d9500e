import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../../errors.ts';

/** What Ansible passes over in a folder of inventories: hidden files, its folders of variables, and these endings. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;
const MAX_DEPTH = 10;

/**
 * The inventories in a folder and in the folders in it, in the order in which Ansible merges them.
 * @throws ProvisionError E_INVENTORY when there is none
 */
export function filesOfFolder(folder: string): string[] {
  const files = walk(folder, 0);
  if (files.length > 0) return files;
  throw new ProvisionError('E_INVENTORY', 'the folder holds no inventory', {
    hint: 'as in Ansible, hidden files and .ini, .cfg, .txt, .md, .bak, .orig, .retry are passed over in a folder',
    where: { file: folder },
  });
}

function walk(folder: string, depth: number): string[] {
  if (depth > MAX_DEPTH) {
    throw new ProvisionError('E_INVENTORY', `folders are more than ${MAX_DEPTH} deep`, {
      hint: 'does a symbolic link lead back up?',
      where: { file: folder },
    });
  }
  return entries(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? walk(path, depth + 1) : [path];
  });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !IGNORED.test(name))
      .sort();
  } catch (cause) {
    const details = { hint: 'check its permissions', where: { file: folder }, cause };
    throw new ProvisionError('E_INVENTORY', 'the folder cannot be read', details);
  }
}

import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, for the owner's eyes only. Node's own `recursive` never ends where a file system has no
 * place for new folders and says ENOENT, as /proc does.
 * @throws Error that says why, for `reasonOf`
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let at = resolve(path);
  for (; statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new Error(`no folder can be made in ${dirname(folder)}`, { cause });
      // Somebody else may have been quicker.
      if (code !== 'EEXIST') throw cause;
    }
  }
  if (missing.length === 0 && !statSync(at).isDirectory()) throw new Error(`${at} is no directory`);
}

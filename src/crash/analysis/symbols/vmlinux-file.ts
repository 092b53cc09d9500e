import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withFileBytes } from '../../bytes.ts';
import { elfBuildId } from '../../elf-notes.ts';

/** Build-id of a file; null when it cannot be read or has none. */
export function buildIdOf(path: string): string | null {
  try {
    return withFileBytes(path, elfBuildId);
  } catch {
    return null;
  }
}

const CANDIDATE = /^vmlinux(?:-.*)?(?:\.debug)?$/;
/** Folders deep that /usr/lib/debug/lib/modules/RELEASE is, and one more. */
const MAX_DEPTH = 6;
const MAX_FOLDERS = 5000;

/** Files under a folder that may be a vmlinux, in a steady order; the build-id's own place in a debug tree comes first. */
export function vmlinuxFiles(folder: string, buildId: string | null): string[] {
  const own = buildId === null ? '' : join(folder, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
  const found = buildId !== null && existsSync(own) ? [own] : [];
  let left = MAX_FOLDERS;
  const walk = (at: string, depth: number): void => {
    if (depth > MAX_DEPTH || (left -= 1) < 0) return;
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) walk(path, depth + 1);
      else if (CANDIDATE.test(entry.name) && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
        found.push(path);
    }
  };
  walk(folder, 0);
  return found;
}

/** Files under `root` that the patterns name; `*` stands for anything within one folder. */
export function matchingFiles(root: string, patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    const slash = pattern.lastIndexOf('/');
    const [folder, name] = [join(root, pattern.slice(0, slash)), pattern.slice(slash + 1)];
    const [before = '', after] = name.split('*');
    const fits = (entry: string): boolean =>
      after === undefined ? entry === name : entry.startsWith(before) && entry.endsWith(after);
    return entriesOf(folder)
      .filter((entry) => entry.isFile() && fits(entry.name))
      .map((entry) => join(folder, entry.name));
  });
}

function entriesOf(folder: string): ReturnType<typeof sorted> {
  try {
    return sorted(folder);
  } catch {
    // Not there, or not ours to read.
    return [];
  }
}

function sorted(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

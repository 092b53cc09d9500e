import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { matchesPattern } from './pattern.ts';

/** A file's text, or undefined when it is not there to be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error) && ['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes(error.code ?? '')) return undefined;
    throw error;
  }
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

/** `~` and `~/..` by the given home. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}

/** Paths that match an absolute pattern with `*` and `?` in any of its parts, sorted. */
export function expandPattern(pattern: string): string[] {
  let paths = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    paths = /[*?]/.test(part)
      ? paths.flatMap((path) => namesIn(path, part).map((name) => join(path, name)))
      : paths.map((path) => join(path, part));
  }
  return paths;
}

function namesIn(directory: string, pattern: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => matchesPattern(name, pattern) && (!name.startsWith('.') || pattern.startsWith('.')))
      .sort();
  } catch {
    return [];
  }
}

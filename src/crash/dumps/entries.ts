import { ProvisionError } from '../../errors.ts';
import type { Sections } from '../../facts/sections.ts';
import type { DumpFile } from './dump.ts';

/** A directory that is named like a dump's. */
export interface Directory {
  readonly path: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly files: readonly DumpFile[];
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads find's answer: three texts for each entry, NUL behind each. Names that are not UTF-8 are left out: no command
 * could name them again.
 */
export function readEntries(sections: Sections): Directory[] {
  const texts = textsOf(sections, 'entries');
  const directories = new Map<string, { path: string; mtime: number; files: DumpFile[] }>();
  for (let at = 0; at + 2 < texts.length; at += 3) {
    const [about, path, name] = [texts[at] ?? null, texts[at + 1] ?? null, texts[at + 2] ?? null];
    const match = /^(\S) (\d+) (\d+)(?:\.\d+)?$/.exec(about ?? '');
    if (!match || path === null || name === null) continue;
    const [, type, size, mtime] = match;
    const directory = directories.get(path) ?? { path, mtime: 0, files: [] };
    directories.set(path, directory);
    if (name === '') directory.mtime = Number(mtime);
    else if (type === 'f') directory.files.push({ name, size: Number(size), mtime: Number(mtime) });
  }
  return [...directories.values()];
}

/** path -> the first and last bytes of that file. */
export function readEnds(sections: Sections): Map<string, { head: Buffer; tail: Buffer }> {
  const heads = sections.get('heads') ?? Buffer.alloc(0);
  const tails = sections.get('tails') ?? Buffer.alloc(0);
  const ends = new Map<string, { head: Buffer; tail: Buffer }>();
  let offset = 0;
  for (const bytes of partsOf(sections, 'sizes')) {
    const space = bytes.indexOf(' ');
    const end = offset + Math.min(16, Number(bytes.toString('latin1', 0, space)));
    const path = decode(bytes.subarray(space + 1));
    if (path !== null) ends.set(path, { head: heads.subarray(offset, end), tail: tails.subarray(offset, end) });
    offset = end;
  }
  if (offset !== heads.length || offset !== tails.length)
    throw new ProvisionError('E_PROBE', 'a dump changed while it was looked at', { hint: 'run the command again' });
  return ends;
}

/** Texts with a NUL behind each; null for one that is not UTF-8. */
export function textsOf(sections: Sections, name: string): (string | null)[] {
  return partsOf(sections, name).map(decode);
}

function partsOf(sections: Sections, name: string): Buffer[] {
  const bytes = sections.get(name) ?? Buffer.alloc(0);
  const parts: Buffer[] = [];
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from))
    parts.push(bytes.subarray(from, to));
  return parts;
}

function decode(bytes: Buffer): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

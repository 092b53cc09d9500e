import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { ProvisionError } from '../../errors.ts';
import type { Sections } from '../../facts/sections.ts';
import { sectionsOfText } from '../collection/sections-of-text.ts';
import type { EvidenceAbout } from './piece.ts';
import { readAbout } from './read-about.ts';

/** Evidence as it lies here. */
export interface LocalPiece {
  /** The folder, or the file where that is all there is. */
  readonly path: string;
  readonly name: string;
  /** null: a collection without its header. */
  readonly about: EvidenceAbout | null;
  /** null: there are no stacks. */
  readonly sections: Sections | null;
}

const STACKS = ['stacks.gz', 'stacks'];
/** What a collection can grow to when it is decompressed: the guest cuts it there. */
const MOST_BYTES = 64 << 20;
/** A piece, the folder of a guest, the folder of all guests. */
const DEPTH = 2;

/**
 * All evidence that a path holds, oldest first: one piece, its stacks alone, or a folder that `evidence fetch` filled.
 * @throws ProvisionError E_USAGE when there is none, E_EVIDENCE when it cannot be read
 */
export function localPieces(path: string): LocalPiece[] {
  if (!statSync(path).isDirectory()) {
    const folder = dirname(path);
    return [existsSync(join(folder, 'about')) ? pieceIn(folder) : stacksAlone(path)];
  }
  const folders = foldersBelow(path, DEPTH);
  if (folders.length > 0) return folders.map(pieceIn);
  throw new ProvisionError('E_USAGE', `there is no evidence in ${path}`, {
    hint: 'provision evidence fetch brings it from a guest',
  });
}

function foldersBelow(path: string, depth: number): string[] {
  if (existsSync(join(path, 'about'))) return [path];
  if (depth === 0) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => foldersBelow(join(path, name), depth - 1));
}

function pieceIn(path: string): LocalPiece {
  const lines = (name: string): string[] => {
    const file = join(path, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  };
  const about = readAbout(lines('about'), lines('ended'));
  if (about === null)
    throw new ProvisionError('E_EVIDENCE', `${join(path, 'about')} is not of a format that this version knows`);
  const stacks = STACKS.map((name) => join(path, name)).find(existsSync);
  return { path, name: basename(path), about, sections: stacks === undefined ? null : sectionsIn(stacks) };
}

function stacksAlone(path: string): LocalPiece {
  const sections = sectionsIn(path);
  if (!sections.has('threads'))
    throw new ProvisionError('E_USAGE', `${path} is no evidence`, {
      hint: `provision explain reads pasted stacks and logs: provision explain ${path}`,
    });
  return { path, name: basename(path), about: null, sections };
}

function sectionsIn(path: string): Sections {
  const bytes = readFileSync(path);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return sectionsOfText((packed ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes).toString('utf8'));
  } catch (cause) {
    throw new ProvisionError('E_EVIDENCE', `${path} cannot be decompressed`, {
      hint: 'fetch it again: remove the file, then provision evidence fetch',
      cause,
    });
  }
}

import { createHash } from 'node:crypto';

import { ProvisionError } from '../errors.ts';
import type { FileFact } from './facts.ts';
import { Remembered } from './remembered.ts';
import { linesOf, type Sections } from './sections.ts';

/** A file changed between the probe's `stat` and its `cat`: nothing is wrong, the moment was. */
export class TornFiles extends ProvisionError {
  constructor(path: string) {
    super('E_PROBE', `a file changed while it was read (${path})`, { hint: 'run the command again' });
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Cuts the probe's one `cat` apart by the sizes of its one `stat`, so that a file's bytes are exact whatever is in them.
 * @throws TornFiles when a file changed between the two, which the next probe settles
 */
export function parseFiles(sections: Sections): Record<string, FileFact> {
  const links = new Set(linesOf(sections, 'links'));
  const content = sections.get('content') ?? Buffer.alloc(0);
  const files: Record<string, FileFact> = {};
  let offset = 0;
  for (const line of linesOf(sections, 'stat')) {
    const match = /^(\d+) ([0-7]+) (\d+) (\d+) (.+)$/.exec(line);
    if (!match) throw new TornFiles(line);
    const [, size = '', mode = '', uid = '', gid = '', path = ''] = match;
    const end = offset + Number(size);
    if (end > content.length) throw new TornFiles(path);
    const bytes = content.subarray(offset, end);
    offset = end;
    const link = links.has(path);
    files[path] = known.of(`${link ? 'link ' : ''}${line}\n${bytes.toString('latin1')}`, () => ({
      path,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...decode(bytes),
      mode: mode.padStart(4, '0'),
      uid: Number(uid),
      gid: Number(gid),
      link,
    }));
  }
  if (offset !== content.length) throw new TornFiles('the last file');
  return files;
}

/** Files as `stat` and `cat` said them; a guest has some twenty, and most of them are the same on all. */
const known = new Remembered<FileFact>(200);

/** The same few texts are written to every guest of a fleet. */
const hashes = new Map<string, string>();
const KNOWN_TEXTS = 200;

/** sha256 of a text as the guest's file would have it. */
export function sha256(text: string): string {
  let hash = hashes.get(text);
  if (hash === undefined) {
    hash = createHash('sha256').update(text, 'utf8').digest('hex');
    if (hashes.size < KNOWN_TEXTS) hashes.set(text, hash);
  }
  return hash;
}

function decode(bytes: Buffer): { text: string } | { text: null; raw: string } {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    return { text: null, raw: bytes.toString('latin1') };
  }
}

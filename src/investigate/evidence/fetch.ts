import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { download, type Transfer } from '../../crash/fetch/download.ts';
import { localFailure, moveInto } from '../../crash/fetch/local-file.ts';
import { folderOf } from '../../crash/fetch/place.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { Ended, Work } from '../../rollout/fleet.ts';
import { choosePieces, type EvidenceChoice } from './choose.ts';
import { lookAtEvidence, type EvidenceLook } from './look.ts';
import type { EvidencePiece } from './piece.ts';

export interface EvidenceFetch extends Transfer {
  readonly look: EvidenceLook;
  readonly choice: EvidenceChoice;
  /** The folder of all guests' evidence. */
  readonly to: string;
}

/** Brings the chosen evidence of a guest here. */
export function fetchEvidence(options: EvidenceFetch): Work {
  return async (conversation, talk) => {
    const { pieces, watcher } = await lookAtEvidence(conversation, options.look);
    const wanted = choosePieces(pieces, options.choice);
    let fetched = 0;
    for (const piece of wanted) {
      const begun = performance.now();
      const { folder, bytes } = await fetchPiece(conversation, piece, options.to, options);
      if (bytes > 0) fetched += 1;
      const ms = Math.round(performance.now() - begun);
      const state = bytes > 0 ? 'fetched' : 'present';
      talk.emit({
        kind: 'guest.evidence-fetched',
        guest: conversation.guest.name,
        piece: piece.name,
        state,
        to: folder,
        bytes,
        ms,
      });
    }
    return endOf(wanted.length, fetched, watcher);
  };
}

function endOf(wanted: number, fetched: number, watcher: string | null): Ended {
  if (wanted > 0) return { outcome: fetched > 0 ? 'changed' : 'converged', changes: fetched };
  return { outcome: 'skipped', changes: 0, reason: noneBecause(watcher) };
}

/** Why there is none, as far as that can be told. */
function noneBecause(watcher: string | null): string {
  return watcher === 'active' ? 'no evidence: nothing hung' : 'no evidence, and no watcher runs (see docs/watch.md)';
}

/**
 * Brings one piece to `TO/GUEST/NAME`. Stacks that are here already are not transferred again; the notes are written anew,
 * for they grow.
 * @returns bytes that were new here
 * @throws ProvisionError see download
 */
export async function fetchPiece(
  conversation: Conversation,
  piece: EvidencePiece,
  to: string,
  transfer: Transfer,
): Promise<{ readonly folder: string; readonly bytes: number }> {
  const folder = folderOf(to, conversation.guest.name, piece.name);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw localFailure(folder, cause);
  });
  const { stacks, directory, texts } = piece;
  let bytes = await writeText(join(folder, 'about'), texts.about);
  if (texts.ended.length > 0) bytes += await writeText(join(folder, 'ended'), texts.ended);
  if (stacks === null) return { folder, bytes };
  const local = join(folder, stacks.name);
  // A piece is never written to again, but for its notes, and its name is given once.
  if (bytes > 0 || (await sizeOf(local)) !== stacks.size) {
    const got = await download(conversation, directory, stacks, local, transfer, () => undefined);
    bytes += got.bytes;
  }
  return { folder, bytes };
}

/** @returns bytes written; 0: it was there, word for word */
async function writeText(path: string, lines: readonly string[]): Promise<number> {
  const text = lines.map((line) => `${line}\n`).join('');
  if ((await sizeOf(path)) === Buffer.byteLength(text)) return 0;
  try {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await moveInto(`${path}.new`, path);
  } catch (cause) {
    throw localFailure(path, cause);
  }
  return Buffer.byteLength(text);
}

async function sizeOf(path: string): Promise<number | null> {
  return await stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

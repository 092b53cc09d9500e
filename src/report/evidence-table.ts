import type { EvidencePiece } from '../investigate/evidence/piece.ts';
import { cell, type Line } from './cells.ts';
import { formatColumns, type ColumnsRow } from './columns.ts';
import { lastedWords, whoWords, whyWords } from './evidence-words.ts';
import { age, duration, memorySize } from './quantities.ts';
import type { EventOf } from './run-state.ts';

const HEADINGS = ['GUEST', 'EVIDENCE', 'AGE', 'WHY', 'TASK', 'LASTED', 'SIZE', ''] as const;

/** All evidence of all guests, newest first on each; guests without any below. */
export function formatEvidence(all: readonly EventOf<'guest.evidence'>[]): Line[] {
  const rows = all.flatMap((answer) => answer.pieces.map((piece) => rowOf(answer, piece)));
  const none = all.filter(({ pieces }) => pieces.length === 0);
  return [
    ...(rows.length === 0 ? [] : formatColumns(rows, '', HEADINGS)),
    ...none.map(({ guest, watcher }): Line => [
      cell(`${guest}  `, 'strong'),
      cell(`no evidence; ${watcherWords(watcher)}`, watcher === 'active' ? 'quiet' : 'change'),
    ]),
    ...all
      .filter(({ pieces, watcher }) => pieces.length > 0 && watcher !== 'active')
      .map(({ guest, watcher }): Line => [cell(`${guest}  `, 'strong'), cell(watcherWords(watcher), 'change')]),
  ];
}

function rowOf({ guest, now, bootId }: EventOf<'guest.evidence'>, piece: EvidencePiece): ColumnsRow {
  const { name, about, bytes, place } = piece;
  if (about === null) return { cells: [guest, name, '-', 'cannot be read'], tone: 'danger' };
  const notes = [
    ...(place === 'memory' ? ['in memory only'] : []),
    ...(piece.stacks === null ? ['no stacks'] : []),
    ...(about.bootId === bootId ? [] : ['before the last boot']),
  ];
  return {
    cells: [
      guest,
      name,
      age(Math.max(0, now - about.time)),
      whyWords(about),
      whoWords(about),
      lastedWords(about),
      memorySize(bytes),
      notes.join(', '),
    ],
    tone: place === 'memory' ? 'change' : 'plain',
  };
}

function watcherWords(watcher: string | null): string {
  if (watcher === 'active') return 'the watcher runs, and nothing hung';
  if (watcher === 'failed') return 'the watcher has failed: see journalctl -u provision-watch';
  return 'no watcher runs: provision apply trace-stalls installs one';
}

/** One piece that was brought here, or was here already. */
export function formatEvidenceFetched({
  guest,
  piece,
  state,
  to,
  bytes,
  ms,
}: EventOf<'guest.evidence-fetched'>): Line[] {
  const how = state === 'present' ? 'already here' : `${memorySize(bytes)} in ${duration(ms)}`;
  return [
    [
      cell(`${guest}  `, 'strong'),
      cell(`${piece}  `),
      cell(how, state === 'present' ? 'quiet' : 'add'),
      cell(`  ${to}`),
    ],
  ];
}

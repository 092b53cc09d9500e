import type { Dump } from '../crash/dumps/dump.ts';
import { cell, padding, textWidth, wrapText, type Line, type Look, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';
import { age, megabytes } from './quantities.ts';
import type { EventOf } from './run-state.ts';

const HEADINGS = ['GUEST', 'DUMP', 'AGE', 'SIZE', 'VALID', 'BLOCKED', 'PANIC'] as const;
/** Columns wider than this do not push the others. */
const MAX_COLUMN = 28;
const GAP = '  ';

interface TableRow {
  readonly cells: readonly string[];
  readonly tone: Tone;
  /** On lines of its own. */
  readonly under: string;
}

/** All dumps of all guests, newest first on each; what cannot be read is marked and says why. */
export function formatDumps(all: readonly EventOf<'guest.dumps'>[], look: Look): Line[] {
  const rows = all.flatMap((guest) => rowsOf(guest));
  const dumps = rows.filter(({ cells }) => cells.length > 2);
  const widths = HEADINGS.map((heading, column) =>
    (column === 0 ? rows : dumps)
      .map(({ cells }) => textWidth(cells[column] ?? ''))
      .filter((width) => width <= MAX_COLUMN)
      .reduce((a, b) => Math.max(a, b), heading.length),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((text, column) => text + padding(text, widths[column] ?? 0)).join(GAP);
  const indent = (widths[0] ?? 0) + GAP.length;
  return [
    ...(dumps.length > 0 ? [[cell(line(HEADINGS), 'quiet')]] : []),
    ...rows.flatMap(({ cells, tone, under }): Line[] => [
      [cell(line(cells), tone)],
      ...wrapText(under, look.width - indent).map((text): Line => [cell(' '.repeat(indent)), cell(text, tone)]),
    ]),
  ];
}

function rowsOf({ guest, coredir, exists, remote, captureKernel, dumps }: EventOf<'guest.dumps'>): TableRow[] {
  const name = escapeControl(guest);
  const notes = [
    ...(captureKernel ? ['it is in its capture kernel: a dump is being saved'] : []),
    ...(remote === null ? [] : [`kdump-tools sends dumps elsewhere: ${remote}`]),
  ];
  if (dumps.length === 0) {
    const none = exists ? `no dumps in ${coredir}` : `no dumps: there is no ${coredir}`;
    return [{ cells: [name, escapeControl([none, ...notes].join('; '))], tone: 'quiet', under: '' }];
  }
  return dumps.map((dump, index) => ({
    cells: dumpCells(name, dump).map(escapeControl),
    tone: dump.verdict.valid ? 'plain' : 'danger',
    under: escapeControl([...(index === 0 ? notes : []), ...verdictWords(dump)].join('; ')),
  }));
}

function dumpCells(guest: string, { name, ageSeconds, dump, verdict, blocked, panic }: Dump): string[] {
  return [
    guest,
    name,
    age(ageSeconds),
    dump === null ? '-' : megabytes(dump.size),
    verdict.valid ? 'yes' : 'NO',
    blocked === null ? '-' : `${blocked.comm}:${blocked.pid} ${blocked.seconds} s`,
    panic ?? '-',
  ];
}

function verdictWords({ verdict }: Dump): string[] {
  if (!verdict.valid) return [verdict.reason];
  return verdict.note === undefined ? [] : [verdict.note];
}

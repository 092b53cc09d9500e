import { cell, lineWidth, packItems, padding, textWidth, wrapText, type Line, type Look, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';

/** What a row does: adds, changes, removes, needs attention, is left out, or cannot be known yet. */
export type Sign = '+' | '~' | '-' | '!' | '.' | '?' | ' ';

export interface Row {
  readonly sign: Sign;
  readonly kind: string;
  /** Items that wrap as wholes; one, mostly. */
  readonly subject: readonly string[];
  readonly change?: { readonly before: string; readonly after: string };
  readonly notes: readonly string[];
  /** Lines under the row: a diff, keys. */
  readonly body: readonly Line[];
  readonly tone?: Tone;
}

const TONES: { readonly [S in Sign]: Tone } = {
  '+': 'add',
  '~': 'change',
  '-': 'remove',
  '!': 'danger',
  '.': 'quiet',
  '?': 'change',
  ' ': 'plain',
};

const KIND_WIDTH = 8;
/** Where subjects begin: two spaces, the sign, the kind. */
const SUBJECT_COLUMN = 2 + 2 + KIND_WIDTH + 1;
/** Rows wider than this do not push the columns of the others. */
const MAX_SUBJECT = 44;
const MAX_VALUE = 16;
const GAP = '   ';

interface Columns {
  readonly subject: number;
  readonly before: number;
  readonly after: number;
}

const NO_COLUMNS: Columns = { subject: 0, before: 0, after: 0 };

/** Rows with the subjects, values and notes of each kind in columns; what does not fit goes on lines of its own. */
export function formatRows(rows: readonly Row[], look: Look): Line[] {
  const columns = new Map<string, Columns>();
  for (const { kind } of rows)
    if (!columns.has(kind)) columns.set(kind, measure(rows.filter((row) => row.kind === kind)));
  return rows.flatMap((row) => [...formatRow(row, columns.get(row.kind) ?? NO_COLUMNS, look), ...row.body]);
}

function measure(rows: readonly Row[]): Columns {
  const widest = (texts: readonly string[], cap: number): number =>
    texts
      .map((text) => textWidth(escapeControl(text)))
      .filter((width) => width <= cap)
      .reduce((a, b) => Math.max(a, b), 0);
  const changing = rows.filter(({ change }) => change !== undefined);
  const inColumns = rows.filter(({ change, sign }) => change !== undefined || sign === '.' || sign === ' ');
  return {
    subject: widest(inColumns.map(subjectOf), MAX_SUBJECT),
    before: widest(
      changing.map(({ change }) => change?.before ?? ''),
      MAX_VALUE,
    ),
    after: widest(
      changing.map(({ change }) => change?.after ?? ''),
      MAX_VALUE,
    ),
  };
}

function subjectOf({ subject }: Row): string {
  return subject.join('  ');
}

function formatRow(row: Row, columns: Columns, look: Look): Line[] {
  const tone = row.tone ?? TONES[row.sign];
  const head = [cell(`  ${row.sign} ${row.kind.padEnd(KIND_WIDTH)} `, tone)];
  const main = row.change ? changeCells(row, columns) : subjectLines(row, columns, look.width - SUBJECT_COLUMN);
  const last = main.at(-1) ?? [];
  const lines = main.map((cells, index): Line => (index === 0 ? [...head, ...cells] : indent(cells)));
  // Beside a subject of several lines, notes would hang off its last word.
  const room = lines.length > 1 ? 0 : look.width - SUBJECT_COLUMN - lineWidth(last) - GAP.length;
  return [...lines.slice(0, -1), ...withNotes(lines.at(-1) ?? head, room, row.notes, look)];
}

/** `kernel.sysrq   438 -> 1`: what changes is in columns, so that a page of settings can be read down. */
function changeCells(row: Row, columns: Columns): Line[] {
  const subject = escapeControl(subjectOf(row));
  const before = escapeControl(row.change?.before ?? '');
  const after = escapeControl(row.change?.after ?? '');
  return [
    [
      cell(subject),
      cell(padding(subject, columns.subject) + GAP + padding(before, columns.before)),
      cell(before, 'remove'),
      cell(' -> '),
      cell(after, 'add'),
      cell(row.notes.length > 0 ? padding(after, columns.after) : ''),
    ],
  ];
}

function subjectLines(row: Row, columns: Columns, room: number): Line[] {
  const aligned = row.sign === '.' || row.sign === ' ';
  const lines = packItems(row.subject.map(escapeControl), room, '  ');
  const single = lines.length === 1 ? (lines[0] ?? '') : null;
  if (single !== null && aligned && row.notes.length > 0)
    return [[cell(single), cell(padding(single, columns.subject))]];
  return lines.map((text) => [cell(text)]);
}

/** Notes stand beside the subject unless they would take more lines there than underneath. */
function withNotes(line: Line, room: number, notes: readonly string[], look: Look): Line[] {
  const text = escapeControl(notes.join('; '));
  if (text === '') return [line];
  const under = wrapText(text, look.width - SUBJECT_COLUMN - 2);
  const beside = room > 0 ? wrapText(text, room) : [];
  const fits = beside.length > 0 && beside.length <= under.length && beside.every((part) => textWidth(part) <= room);
  const left = cell(' '.repeat(fits ? look.width - room : SUBJECT_COLUMN + 2));
  const rest = fits ? beside.slice(1) : under;
  const first = fits ? [...line, cell(GAP), cell(beside[0] ?? '', 'quiet')] : line;
  return [first, ...rest.map((part): Line => [left, cell(part, 'quiet')])];
}

function indent(cells: Line): Line {
  return [cell(' '.repeat(SUBJECT_COLUMN)), ...cells];
}

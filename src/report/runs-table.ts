import type { Outcome } from '../events.ts';
import { endOf, endsOf, type GuestEnd } from '../journal/left.ts';
import type { RunRecord } from '../journal/record.ts';
import { padding, textWidth } from './cells.ts';
import { escapeControl } from './escape.ts';
import { count, duration } from './quantities.ts';
import { OUTCOME_WORDS } from './result-lines.ts';

const HEADINGS = ['RUN', 'WHEN', 'COMMAND', 'GUESTS', 'END', 'LEFT'] as const;

export interface ListedRun {
  readonly record: RunRecord;
  readonly alive: boolean;
  /** Guests that nobody has brought to a good end, resumed runs included. */
  readonly left: readonly string[];
}

/** Runs as a table, the newest last. */
export function formatRuns(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return 'no runs\n';
  return table([
    HEADINGS,
    ...runs.map(({ record, alive, left }) => [
      record.id,
      record.startedAt.slice(0, 16).replace('T', ' '),
      [record.command, record.profile ?? ''].join(' ').trim() + (record.resumes === undefined ? '' : ' (resumed)'),
      counts(endsOf(record)),
      endOf(record, alive),
      left.length === 0 ? '-' : String(left.length),
    ]),
  ]);
}

/** One run: what it was, how each guest ended, who is left. */
export function formatRun({ record, alive, left }: ListedRun): string {
  const title = `${record.id}  ${record.command}${record.profile === undefined ? '' : ` ${record.profile}`}, ${endOf(record, alive)}`;
  const from = record.resumes === undefined ? '' : `goes on with ${record.resumes}\n`;
  const rows = endsOf(record).map(({ guest, outcome, ms, reason = '' }) => [
    guest,
    wordOf(outcome),
    ms === undefined ? '-' : duration(ms),
    reason.split('\n')[0] ?? '',
  ]);
  const rest =
    left.length === 0
      ? 'nothing is left\n'
      : `${count(left.length, 'guest')} left: ${left.join(', ')}\nNext: provision runs resume ${record.id}\n`;
  return `${escapeControl(title)}\nby ${escapeControl(record.by)}, ${record.startedAt}, provision ${escapeControl(record.version)}\n${from}${table(rows)}${rest}`;
}

/** The same as one object, for machines. */
export function runObject({ record, alive, left }: ListedRun): Record<string, unknown> {
  const { id, command, profile, argv, by, version, startedAt, resumes } = record;
  const guests = endsOf(record).map((end) => ({ ...end, outcome: end.outcome ?? null }));
  return { id, command, profile, argv, by, version, startedAt, resumes, end: endOf(record, alive), guests, left };
}

function counts(ends: readonly GuestEnd[]): string {
  const byWord = new Map<string, number>();
  for (const { outcome } of ends) byWord.set(wordOf(outcome), (byWord.get(wordOf(outcome)) ?? 0) + 1);
  return [...byWord].map(([word, n]) => `${n} ${word}`).join(', ');
}

function wordOf(outcome: Outcome | null | undefined): string {
  return outcome === undefined ? 'not begun' : outcome === null ? 'no end known' : OUTCOME_WORDS[outcome].text;
}

function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(escapeControl));
  const width = (column: number): number => Math.max(0, ...safe.map((row) => textWidth(row[column] ?? '')));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  return safe
    .map(
      (row) =>
        `${row
          .map((text, column) => text + padding(text, widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

import { cell, padding, textWidth, type Line, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';

/** One line of a small table. */
export interface ColumnsRow {
  readonly cells: readonly string[];
  readonly tone?: Tone;
}

const GAP = '  ';
/** What is wider than this does not push the columns of the others. */
const MAX_COLUMN = 40;

/** Rows in columns, each as wide as its widest cell, behind an indent. Columns that are empty in every row are left out. */
export function formatColumns(rows: readonly ColumnsRow[], indent: string, headings: readonly string[] = []): Line[] {
  const safe = rows.map(({ cells, tone = 'plain' }) => ({ cells: cells.map(escapeControl), tone }));
  const columns = Math.max(0, ...safe.map(({ cells }) => cells.length));
  const used = [...Array(columns).keys()].filter((at) => safe.some(({ cells }) => (cells[at] ?? '') !== ''));
  const all = headings.length === 0 ? safe : [{ cells: headings, tone: 'quiet' as const }, ...safe];
  const width = (at: number): number =>
    all
      .map(({ cells }) => textWidth(cells[at] ?? ''))
      .filter((each) => each <= MAX_COLUMN)
      .reduce((a, b) => Math.max(a, b), 0);
  const widths = new Map(used.map((at) => [at, width(at)]));
  return all.map(({ cells, tone }): Line => {
    const text = used.map((at) => (cells[at] ?? '') + padding(cells[at] ?? '', widths.get(at) ?? 0)).join(GAP);
    return [cell(indent + text.trimEnd(), tone)];
  });
}

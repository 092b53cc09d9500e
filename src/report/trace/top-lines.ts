import type { TopWait } from '../../investigate/flame/top.ts';
import { BLANK, cell, padding, textWidth, wrapText, type Line, type Look } from '../cells.ts';
import { escapeControl } from '../escape.ts';
import { microseconds, percent } from '../quantities.ts';

const TITLES = ['time', 'share', 'task', 'waits for', 'in'] as const;
const GAP = '  ';
const INDENT = 4;

/** `Xorg`, `Xorg on 3 guests`, `dd (not come back)`, `dd, woken by kworker/0:1` */
export function whoseWait({ task, on, pending, waker }: TopWait): string {
  const many = on.length > 1 ? ` on ${on.length} guests` : '';
  const by = waker === null ? '' : `, woken by ${waker}`;
  return `${task}${many}${pending ? ' (not come back)' : ''}${by}`;
}

/** The places where most time was lost, a line each, and under it what that means. */
export function formatTop(waits: readonly TopWait[], labels: ReadonlyMap<string, string>, look: Look): Line[] {
  if (waits.length === 0) return [];
  const rows = waits.map((wait) => [
    microseconds(wait.us),
    percent(wait.share, 1),
    escapeControl(whoseWait(wait)),
    labels.get(wait.wait) ?? wait.wait,
    escapeControl(wait.where),
  ]);
  const widths = TITLES.map((title, at) => Math.max(title.length, ...rows.map((row) => textWidth(row[at] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) => {
        const fill = padding(text, widths[at] ?? 0);
        return at < 2 ? fill + text : text + fill;
      })
      .join(GAP);
  return [
    [cell(line(TITLES), 'quiet')],
    ...rows.flatMap((row, at): Line[] => {
      const meaning = wrapText(escapeControl(waits[at]?.meaning ?? ''), look.width - INDENT);
      return [[cell(line(row))], ...meaning.map((text): Line => [cell(' '.repeat(INDENT) + text, 'quiet')])];
    }),
    BLANK,
  ];
}

import type { Line } from './cells.ts';
import { createPaint } from './colors.ts';
import { escapeControl } from './escape.ts';

interface Row {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly needed?: string;
  readonly mend?: string;
}

const TONES = { ok: 'add', warn: 'change', fail: 'danger' } as const;

/** What `self-check` found, a line each; what is not well has a second one with the command that mends it. */
export function formatSelfCheck(rows: readonly Row[], color: boolean): string {
  const paint = createPaint(color);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.flatMap(({ name, level, found, needed, mend }): Line[] => [
    [
      { text: level.padEnd(4), tone: TONES[level] },
      { text: `  ${name.padEnd(width)}  ${escapeControl(found)}`, tone: 'plain' },
      { text: needed === undefined ? '' : `  (${needed})`, tone: 'quiet' },
    ],
    ...(mend === undefined
      ? []
      : [[{ text: `${' '.repeat(width + 8)}${escapeControl(mend)}`, tone: 'strong' } as const]]),
  ]);
  return lines.map((line) => `${paint(line)}\n`).join('');
}

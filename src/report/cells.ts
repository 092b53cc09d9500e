import { escapeContent, escapeControl } from './escape.ts';

/** Tones of guests' names: which guest has which follows from its name. */
export const NAME_TONES = ['name-1', 'name-2', 'name-3', 'name-4', 'name-5', 'name-6'] as const;

export type Tone = 'plain' | 'add' | 'remove' | 'change' | 'danger' | 'quiet' | 'strong' | (typeof NAME_TONES)[number];

/** A piece of a line. Made by `cell` only, so that its text is already safe for a terminal. */
export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of output before colour: widths can be counted on it. */
export type Line = readonly Cell[];

/** What shapes the lines: columns to fill, and how much the person asked for. */
export interface Look {
  readonly width: number;
  readonly verbosity: -1 | 0 | 1;
}

export function cell(text: string, tone: Tone = 'plain'): Cell {
  return { text: escapeControl(text), tone };
}

/** A cell of file content: tabs stay. */
export function content(text: string, tone: Tone): Cell {
  return { text: escapeContent(text), tone };
}

export const BLANK: Line = [];

const ZERO_WIDTH = /\p{M}/u;
const DOUBLE_WIDTH = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (char < '\u0300') width += 1;
    else if (!ZERO_WIDTH.test(char)) width += DOUBLE_WIDTH.test(char) ? 2 : 1;
  }
  return width;
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** Spaces that fill a text up to a width; none when it is wider. */
export function padding(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Packs items into lines of at most `width` columns; an item wider than that gets a line of its own, whole. */
export function packItems(items: readonly string[], width: number, separator: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const item of items) {
    const joined = current === '' ? item : current + separator + item;
    if (current !== '' && textWidth(joined.trimEnd()) > width) {
      lines.push((current + separator).trimEnd());
      current = item;
    } else current = joined;
  }
  if (current !== '') lines.push(current);
  return lines;
}

/** Word wrap. Words are never cut: a path that can be copied is worth more than a straight edge. */
export function wrapText(text: string, width: number): string[] {
  return packItems(
    text.split(/\s+/).filter((word) => word !== ''),
    width,
    ' ',
  );
}

/** Cuts to a width, saying so with an ellipsis; for the live line only, results are never cut. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (textWidth(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

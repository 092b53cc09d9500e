import type { Place } from '../errors.ts';

/** Errors of one file; nobody reads more at once. */
export const MAX_ERRORS = 50;
const WIDTH = 100;
/** How far before an excerpt the key of a secret inside it may stand. */
const SECRET_BEFORE = 500;

/** Turns offsets of one text into lines, columns and excerpts with a caret. Lines and columns are 1-based. */
export class Places {
  readonly file: string;
  readonly text: string;
  private readonly starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  at(offset: number): { line: number; col: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, col: offset - (this.starts[low] ?? 0) + 1 };
  }

  /** The place of `start`, with its line and a caret under it. */
  place(start: number, end = start + 1): Place {
    const { line, col } = this.at(Math.min(start, this.text.length));
    return { file: this.file, line, col, excerpt: this.excerpt(line, col, end - start) };
  }

  private excerpt(line: number, col: number, length: number): string {
    const begin = this.starts[line - 1] ?? 0;
    const end = this.starts[line] ?? this.text.length + 1;
    const full = visible(this.text.slice(begin, end - 1).replace(/\r$/, ''));
    const cut = col > WIDTH - 20 ? col - WIDTH / 2 : 0;
    const from = Math.max(0, cut - SECRET_BEFORE);
    const shown = withoutSecrets(full.slice(from, cut + WIDTH)).slice(cut - from);
    const column = col - 1 - cut;
    const carets = Math.max(1, Math.min(length, shown.length - column));
    return `${shown}\n${' '.repeat(column)}${'^'.repeat(carets)}`;
  }
}

/** Text of a file as it may be printed: control characters, which could drive a terminal, become one visible mark each. */
function visible(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** Key, separator, and a value in quotes or up to where one ends in INI, in a YAML mapping in braces, or in a line. */
const SECRET =
  /((?:pass(?:word|wd|phrase)?|secret|token)\w*["']?\s*)(=\s*|:\s+)("(?:[^"\\]|\\.)*"?|'[^']*'?|(?<==\s*)\S.*?(?=\s+[\w.]+=|$)|(?<=\{.*)[^,}]+|.+)/gi;

/** A line without the values of its passwords, as long as before, so that a caret still points at the same place. */
function withoutSecrets(line: string): string {
  return line.replaceAll(
    SECRET,
    (_all, key: string, sign: string, value: string) => key + sign + '*'.repeat(value.length),
  );
}

/** A value as errors quote it: visible, one line, not long. */
export function quoted(text: string): string {
  const shown = visible(text);
  return shown.length > 40 ? `"${shown.slice(0, 39)}…"` : `"${shown}"`;
}

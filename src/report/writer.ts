import type { Line } from './cells.ts';
import type { Paint } from './colors.ts';

/** What is needed of a stream; `process.stdout` is one. */
export interface Output {
  /** A property, because the live view puts itself before it. */
  write: (text: string) => unknown;
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
}

const DEFAULT_WIDTH = 100;
const MIN_WIDTH = 60;
const DEFAULT_ROWS = 24;

/** Columns of a stream; one that is no terminal, or does not know, gets the default. */
export function columnsOf({ columns }: Output): number {
  return columns === undefined || columns === 0 ? DEFAULT_WIDTH : columns;
}

/** Rows of a stream; one that does not know gets those of the smallest terminal there used to be. */
export function rowsOf({ rows }: Output): number {
  return rows === undefined || rows === 0 ? DEFAULT_ROWS : rows;
}

/** Columns that results fill: below the least, wrapping makes them unreadable. */
export function lineWidthOf(output: Output): number {
  return Math.max(columnsOf(output), MIN_WIDTH);
}

const ERASE = '\r\u001b[2K';

/**
 * The only place where text leaves the program. Keeps one live line on stderr and takes it away before anything else
 * is written, so that both streams can share a terminal.
 */
export class Writer {
  readonly #stdout: Output;
  readonly #stderr: Output;
  #live = '';

  constructor(stdout: Output, stderr: Output) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  results(lines: readonly Line[], paint: Paint): void {
    if (lines.length === 0) return;
    this.clear();
    this.#stdout.write(lines.map((line) => `${paint(line)}\n`).join(''));
  }

  log(lines: readonly Line[], paint: Paint): void {
    if (lines.length === 0) return;
    this.clear();
    this.#stderr.write(lines.map((line) => `${paint(line)}\n`).join(''));
  }

  raw(line: string): void {
    this.#stdout.write(`${line}\n`);
  }

  live(text: string): void {
    if (text === this.#live) return;
    this.#live = text;
    this.#stderr.write(ERASE + text);
  }

  clear(): void {
    if (this.#live === '') return;
    this.#live = '';
    this.#stderr.write(ERASE);
  }
}

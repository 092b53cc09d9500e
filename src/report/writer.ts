import type { Line } from './cells.ts';
import type { Paint } from './colors.ts';

/** What is needed of a stream; `process.stdout` is one. */
export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
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

import xterm from '@xterm/headless';

import type { Output } from '../../../src/report/writer.ts';

/** A terminal without a window: what a person would see after these bytes. */
export class TestTerminal implements Output {
  readonly isTTY = true;
  readonly #terminal: xterm.Terminal;
  bytes = '';

  constructor(columns: number, rows: number) {
    // convertEol is what the kernel's terminal driver does with a newline.
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      convertEol: true,
      scrollback: 5000,
      allowProposedApi: true,
    });
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(text: string): void {
    this.bytes += text;
    this.#terminal.write(text);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#settled();
    this.#terminal.resize(columns, rows);
  }

  /** All lines, those scrolled out of sight included; a line that was wrapped is one line again. */
  async lines(): Promise<string[]> {
    await this.#settled();
    const { buffer, modes } = { buffer: this.#terminal.buffer.active, modes: this.#terminal.modes };
    if (!modes.wraparoundMode) throw new Error('wrapping is left off');
    const lines: string[] = [];
    for (let at = 0; at < buffer.length; at += 1) {
      const line = buffer.getLine(at);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => this.#terminal.write('', resolve));
  }
}

import { truncate } from './cells.ts';
import { escapeControl } from './escape.ts';
import { duration } from './quantities.ts';
import type { Writer } from './writer.ts';

/** A step that is over before a person could read about it is not worth a line. */
const WORTH_SAYING_MS = 1000;

/** Shows on a terminal what is being done on this machine, and for how long already. */
export class StepLine {
  readonly #writer: Writer;
  readonly #width: number;
  readonly #running = new Map<symbol, { readonly text: string; readonly since: number }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param width columns; 0 when there is no terminal to show anything on */
  constructor(writer: Writer, width: number) {
    this.#writer = writer;
    this.#width = width;
  }

  async step<T>(text: string, run: () => Promise<T>): Promise<T> {
    if (this.#width === 0) return run();
    const step = Symbol(text);
    this.#running.set(step, { text, since: performance.now() });
    this.#timer ??= setInterval(() => this.#show(), WORTH_SAYING_MS);
    try {
      return await run();
    } finally {
      this.#running.delete(step);
      if (this.#running.size === 0) this.#stop();
    }
  }

  #show(): void {
    const now = performance.now();
    const parts = [...this.#running.values()].map(
      ({ text, since }) => `${escapeControl(text)} ${duration(Math.floor((now - since) / 1000) * 1000)}`,
    );
    this.#writer.live(truncate(parts.join('  '), this.#width - 1));
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#writer.clear();
  }
}

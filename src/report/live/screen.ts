import { stripVTControlCharacters } from 'node:util';

import type { Output } from '../writer.ts';

const ERASE = '\r\u001b[J';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const CURSOR_OFF = '\u001b[?25l';
const CURSOR_ON = '\u001b[?25h';

/** Screens that are on a terminal now, so that questions can set them aside, and the end of the process take them away. */
const open = new Set<Screen>();

/** Takes every live view away until the answer is called: somebody needs the terminal for a question. */
export function setScreensAside(): () => void {
  const aside = [...open];
  for (const screen of aside) screen.hold(true);
  return () => {
    for (const screen of aside) screen.hold(false);
  };
}

/**
 * A block of lines at the end of a terminal that is drawn again and again, with everything else printed above it.
 *
 * The cursor rests at the block's start: what is below it is ours, so erasing needs no count of rows, and a terminal that
 * wraps lines anew when it is resized leaves nothing behind. Wrapping is off and the cursor hidden only within one write,
 * so the terminal is as it was at whatever moment the process dies.
 */
export class Screen {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #close: (() => void)[] = [];
  #frame = '';
  #held = false;
  /** Somebody else's line is open: drawing now would write into it. */
  #midLine = false;
  #own = false;
  #pending: { readonly to: Output; text: string }[] = [];

  constructor(stdout: Output, stderr: Output) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    open.add(this);
    const leave = (): void => this.close();
    const forget = (): void => {
      this.#frame = '';
    };
    process.on('exit', leave).on('SIGCONT', forget);
    this.#close.push(() => process.off('exit', leave).off('SIGCONT', forget));
    for (const stream of new Set([stdout, stderr])) {
      if (stream === stderr || stream.isTTY === true) this.#close.push(this.#guard(stream));
    }
  }

  /** Text for above the block; it is written with the next frame, in the order in which it came. */
  above(text: string, to: 'stdout' | 'stderr'): void {
    const stream = to === 'stdout' ? this.#stdout : this.#stderr;
    const last = this.#pending.at(-1);
    if (last?.to === stream) last.text += text;
    else this.#pending.push({ to: stream, text });
  }

  /** The block is there, and nothing waits to be printed above it. */
  get isUpToDate(): boolean {
    return this.#frame !== '' && this.#pending.length === 0;
  }

  /** Draws the block, with what waits above it. Answers false, and does nothing, while the terminal is somebody else's. */
  draw(lines: readonly string[]): boolean {
    if (this.#held || this.#midLine) return false;
    const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : '';
    const body = lines.map((line) => `${line}\u001b[K`).join('\r\n');
    const frame = `${CURSOR_OFF}${WRAP_OFF}\r${body}\u001b[J${up}\r${WRAP_ON}${CURSOR_ON}`;
    if (frame === this.#frame && this.isUpToDate) return true;
    if (this.#pending.length > 0) this.flush();
    this.#write(this.#stderr, frame);
    this.#frame = frame;
    return true;
  }

  /** Writes what waits, unless the terminal is somebody else's; the block is gone until it is drawn again. */
  flush(): void {
    if (!this.#held && !this.#midLine) this.#writeOut();
  }

  hold(held: boolean): void {
    if (held) this.#writeOut();
    this.#held = held;
  }

  /** Writes what waits, takes the block away, and draws no more. */
  close(): void {
    if (!open.delete(this)) return;
    this.#writeOut();
    this.#held = true;
    for (const undo of this.#close) undo();
  }

  #writeOut(): void {
    if (this.#frame !== '') this.#write(this.#stderr, ERASE);
    this.#frame = '';
    if (this.#pending.length > 0 && this.#midLine) this.#write(this.#stderr, '\n');
    this.#midLine &&= this.#pending.length === 0;
    const pending = this.#pending;
    this.#pending = [];
    for (const { to, text } of pending) this.#write(to, text);
  }

  #write(to: Output, text: string): void {
    this.#own = true;
    try {
      to.write(text);
    } finally {
      this.#own = false;
    }
  }

  /** Whoever else writes to the stream (what Ctrl-C does, a warning of node) writes to a clean terminal. */
  #guard(stream: Output): () => void {
    const original = stream.write;
    const guarded = (...args: Parameters<Output['write']>): unknown => {
      if (!this.#own) {
        if (!this.#midLine) this.#writeOut();
        const text = stripVTControlCharacters(textOf(args[0]));
        if (text !== '') this.#midLine = !text.endsWith('\n');
      }
      return original.apply(stream, args);
    };
    stream.write = guarded;
    return () => {
      if (stream.write === guarded) stream.write = original;
    };
  }
}

/** Streams take bytes as well. */
function textOf(chunk: unknown): string {
  return chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk);
}

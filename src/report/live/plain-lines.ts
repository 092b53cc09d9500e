import type { Event } from '../../events.ts';
import type { Line } from '../cells.ts';
import type { Paint } from '../colors.ts';
import { Writer } from '../writer.ts';
import { LiveState } from './live-state.ts';
import { endLines, heartbeat, rolloutLines } from './progress-text.ts';
import type { View, ViewOptions } from './view.ts';

/** Somebody who reads a CI log, and the CI itself, take longer silence for a hang. */
const SILENCE_MS = 30_000;
/** What is looked at, not what is printed. */
const CHECK_MS = 1000;

/** Nothing but results and what was asked for with -v. */
export class NoProgress implements View {
  readonly #writer: Writer;
  readonly #paint: Paint;

  constructor({ stdout, stderr, paint }: ViewOptions) {
    this.#writer = new Writer(stdout, stderr);
    this.#paint = paint;
  }

  record: (event: Event) => void = () => undefined;

  log(lines: readonly Line[]): void {
    this.#writer.log(lines, this.#paint);
  }

  results(lines: readonly Line[], paint: Paint): void {
    this.#writer.results(lines, paint);
  }

  close(): void {
    return;
  }
}

/** Progress without a terminal: a line for each guest of several that ends, and a sign of life after a long silence. */
export class PlainLines extends NoProgress {
  readonly #state = new LiveState();
  readonly #now: () => number;
  readonly #stop: () => void;
  #spoke: number;

  constructor(options: ViewOptions) {
    super(options);
    const { clock } = options;
    this.#now = () => clock.now();
    this.#spoke = clock.now();
    this.#stop = clock.every(CHECK_MS, () => {
      if (this.#state.total > 0 && clock.now() - this.#spoke >= SILENCE_MS)
        this.log(heartbeat(this.#state, clock.now()));
    });
  }

  override record = (event: Event): void => {
    this.#state.record(event, this.#now());
    // The result of a single guest follows at once.
    if (this.#state.total > 1) this.log([...rolloutLines(event, this.#state), ...endLines(event, this.#state)]);
  };

  override log(lines: readonly Line[]): void {
    if (lines.length > 0) this.#spoke = this.#now();
    super.log(lines);
  }

  override results(lines: readonly Line[], paint: Paint): void {
    if (lines.length > 0) this.#spoke = this.#now();
    super.results(lines, paint);
  }

  override close(): void {
    this.#stop();
  }
}

import type { Event } from '../../events.ts';
import type { Line } from '../cells.ts';
import type { Paint } from '../colors.ts';
import { columnsOf, rowsOf } from '../writer.ts';
import { formatFrame } from './frame.ts';
import { LiveState } from './live-state.ts';
import { rolloutLines } from './progress-text.ts';
import { Screen } from './screen.ts';
import type { View, ViewOptions } from './view.ts';

/** Runs shorter than this show no view: what flashes by tells nobody anything. */
const QUIET_MS = 500;
/** Ten frames a second at most. */
const FRAME_MS = 100;

/** The live view of a run on a terminal, and the way to print above it. */
export class LiveView implements View {
  readonly #options: ViewOptions;
  readonly #state = new LiveState();
  readonly #screen: Screen;
  readonly #began: number;
  readonly #stop: () => void;
  /** What the last frame was made of: nothing is formatted again before one of them is another. */
  #drawn = '';
  #closed = false;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#screen = new Screen(options.stdout, options.stderr);
    this.#began = options.clock.now();
    this.#stop = options.clock.every(FRAME_MS, () => this.#tick());
  }

  record(event: Event): void {
    this.#state.record(event, this.#options.clock.now());
    this.log(rolloutLines(event, this.#state));
  }

  log(lines: readonly Line[]): void {
    this.#above(lines, this.#options.paint, 'stderr');
  }

  results(lines: readonly Line[], paint: Paint): void {
    this.#above(lines, paint, 'stdout');
  }

  /** Prints what waits, and takes the view away for good. */
  close(): void {
    this.#stop();
    this.#screen.close();
    this.#closed = true;
  }

  #above(lines: readonly Line[], paint: Paint, to: 'stdout' | 'stderr'): void {
    if (lines.length === 0) return;
    const text = lines.map((line) => `${paint(line)}\n`).join('');
    if (this.#closed) this.#options[to].write(text);
    else this.#screen.above(text, to);
  }

  #tick(): void {
    const { clock, paint, stderr } = this.#options;
    const now = clock.now();
    if (now - this.#began < QUIET_MS || this.#state.total === 0) {
      this.#screen.flush();
      return;
    }
    const size = { columns: columnsOf(stderr), rows: rowsOf(stderr) };
    const sources = [this.#state.version, Math.floor(now / 1000), size.columns, size.rows].join(' ');
    if (sources === this.#drawn && this.#screen.isUpToDate) return;
    if (this.#screen.draw(formatFrame(this.#state, now, size).map(paint))) this.#drawn = sources;
  }
}

import type { Event } from '../../events.ts';
import type { Line } from '../cells.ts';
import type { Paint } from '../colors.ts';
import type { Output } from '../writer.ts';

/** Time, as far as a report needs it; replaced in tests. */
export interface Clock {
  now(): number;
  /** Calls back every so often until the returned function is called; never keeps the process alive. */
  every(ms: number, tick: () => void): () => void;
}

export interface ViewOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** Paint for stderr. */
  readonly paint: Paint;
}

/** How a run is followed while it goes on, and the way past that for everything else that is printed. */
export interface View {
  record(event: Event): void;
  /** Lines for stderr. */
  log(lines: readonly Line[]): void;
  /** Lines for stdout. */
  results(lines: readonly Line[], paint: Paint): void;
  close(): void;
}

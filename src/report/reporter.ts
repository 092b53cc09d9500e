import type { Event } from '../events.ts';
import type { Look } from './cells.ts';
import { createPaint } from './colors.ts';
import { toNdjson } from './ndjson.ts';
import { printEvent } from './printers.ts';
import { formatProgress } from './progress-line.ts';
import { RunState } from './run-state.ts';
import { columnsOf, lineWidthOf, Writer, type Output } from './writer.ts';

export interface Reporter {
  emit(event: Event): void;
  /** Takes the live line away. Call it also when the run ended by an error. */
  finish(): void;
}

/** Time, as far as a report needs it; replaced in tests. */
export interface Clock {
  now(): number;
  /** Calls back every so often until the returned function is called; never keeps the process alive. */
  every(ms: number, tick: () => void): () => void;
}

export interface ReporterOptions {
  readonly mode: 'terminal' | 'ndjson';
  readonly stdout: Output;
  readonly stderr: Output;
  /** Colour of the results on stdout. */
  readonly color: boolean;
  /** stderr is a terminal: progress is shown there. */
  readonly tty: boolean;
  readonly verbosity: -1 | 0 | 1;
  readonly command: string;
  readonly dryRun?: boolean;
  /** The command that the summary suggests; made up from the run's own words when absent. */
  readonly next?: string;
  /** The command that does a pending reboot. */
  readonly reboot?: string;
  readonly clock?: Clock;
}

/** Runs shorter than this show no progress: a line that flashes by tells nobody anything. */
const QUIET_MS = 500;
const TICK_MS = 120;

const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** Shows a run: people get blocks and a live line, machines get one JSON event a line. */
export function createReporter(options: ReporterOptions): Reporter {
  return options.mode === 'ndjson' ? ndjsonReporter(options) : terminalReporter(options);
}

function ndjsonReporter({ stdout, stderr, clock = SYSTEM_CLOCK }: ReporterOptions): Reporter {
  const writer = new Writer(stdout, stderr);
  return {
    emit: (event) => {
      writer.raw(toNdjson(event, new Date(clock.now())));
    },
    finish: () => undefined,
  };
}

function terminalReporter(options: ReporterOptions): Reporter {
  const { stdout, stderr, color, tty, verbosity, clock = SYSTEM_CLOCK } = options;
  const writer = new Writer(stdout, stderr);
  const paint = createPaint(color);
  const run = new RunState(options.command, options.dryRun ?? false);
  const look: Look = { width: lineWidthOf(stdout), verbosity };
  const started = clock.now();
  const tick = (): void => {
    const now = clock.now();
    if (run.total > 0 && now - started >= QUIET_MS) writer.live(formatProgress(run, now, columnsOf(stderr)));
  };
  let stop = tty && verbosity >= 0 ? clock.every(TICK_MS, tick) : undefined;
  const finish = (): void => {
    stop?.();
    stop = undefined;
    writer.clear();
  };
  return {
    emit: (event) => {
      if (event.kind === 'run.finished') finish();
      run.record(event, clock.now());
      const printed = printEvent(event, { run, look, next: options.next, reboot: options.reboot });
      writer.log(printed.log, paint);
      writer.results(printed.results, paint);
    },
    finish,
  };
}

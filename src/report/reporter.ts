import type { Event } from '../events.ts';
import type { Look } from './cells.ts';
import { createPaint } from './colors.ts';
import { LiveView } from './live/live-view.ts';
import { NoProgress, PlainLines } from './live/plain-lines.ts';
import type { Clock, View } from './live/view.ts';
import { toNdjson } from './ndjson.ts';
import { printEvent } from './printers.ts';
import { RunState } from './run-state.ts';
import { lineWidthOf, Writer, type Output } from './writer.ts';

export interface Reporter {
  emit(event: Event): void;
  /** Takes the live view away. Call it also when the run ended by an error. */
  finish(): void;
}

export interface ReporterOptions {
  readonly mode: 'terminal' | 'ndjson';
  readonly stdout: Output;
  readonly stderr: Output;
  /** Colour of the results on stdout. */
  readonly color: boolean;
  /** stderr is a terminal that can be drawn on: the live view is shown there. */
  readonly tty: boolean;
  /** Where there is no live view: a line on stderr for every guest that ends, and a sign of life. */
  readonly lines?: boolean;
  /** Colour of what goes to stderr; that of stdout when absent. */
  readonly logColor?: boolean;
  readonly verbosity: -1 | 0 | 1;
  readonly command: string;
  readonly dryRun?: boolean;
  /** The command that the summary suggests; made up from the run's own words when absent. */
  readonly next?: string;
  /** The command that does a pending reboot. */
  readonly reboot?: string;
  readonly clock?: Clock;
}

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

/** Shows a run: people get blocks and a live view, machines get one JSON event a line. */
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
  const run = new RunState(options.command, options.dryRun ?? false);
  const look: Look = { width: lineWidthOf(stdout), verbosity };
  const [paint, logPaint] = [createPaint(color), createPaint(options.logColor ?? color)];
  const streams = { stdout, stderr, clock, paint: logPaint };
  const view: View =
    verbosity < 0 || (!tty && options.lines !== true)
      ? new NoProgress(streams)
      : tty
        ? new LiveView(streams)
        : new PlainLines(streams);
  return {
    emit: (event) => {
      run.record(event);
      view.record(event);
      if (event.kind === 'run.finished') view.close();
      const printed = printEvent(event, { run, look, next: options.next, reboot: options.reboot });
      view.log(printed.log);
      view.results(printed.results, paint);
    },
    finish: () => view.close(),
  };
}

import pLimit from 'p-limit';

import { ProvisionError, UNREACHABLE_CODES } from '../errors.ts';
import type { ErrorReport, Event, Outcome } from '../events.ts';
import type { Guest } from '../inventory/guest.ts';
import { Conversation, type Means } from './conversation.ts';
import type { JobProgress } from './job-log.ts';

/** How one guest ended, as the work on it says. */
export interface Ended {
  readonly outcome: Outcome;
  readonly changes: number;
  readonly reason?: string;
}

/** What is done with one guest; everything that it throws is that guest's alone. */
export type Work = (conversation: Conversation, talk: Talk) => Promise<Ended>;

/** Events of one guest. */
export interface Talk {
  emit(event: Event): void;
  /** Progress of the given stage, as events. */
  progress(stage: number): JobProgress;
  /** Aborted when the person wants to stop: whoever only waits for a guest stops waiting. */
  readonly stopping: AbortSignal;
}

export interface FleetRun {
  readonly command: string;
  readonly profile?: string;
  readonly guests: readonly Guest[];
  readonly forks: number;
  readonly means: Means;
  readonly emit: (event: Event) => void;
  /** Set when the person wants to stop: guests that have not begun are not begun. */
  readonly stopping: AbortSignal;
  readonly exitCode: (outcomes: Readonly<Partial<Record<Outcome, number>>>) => number;
}

/** Does the work on every guest, so many at a time, and says how each one ended. One guest's trouble is its own. */
export async function runFleet(run: FleetRun, work: Work): Promise<number> {
  const started = performance.now();
  run.emit({
    kind: 'run.started',
    command: run.command,
    ...(run.profile === undefined ? {} : { profile: run.profile }),
    guests: run.guests.map(({ name }) => name),
  });
  const outcomes: Partial<Record<Outcome, number>> = {};
  const limit = pLimit(run.forks);
  await Promise.all(
    run.guests.map((guest) =>
      limit(async () => {
        const begun = performance.now();
        const ended = run.stopping.aborted ? STOPPED : await runGuest(run, guest, work);
        outcomes[ended.outcome] = (outcomes[ended.outcome] ?? 0) + 1;
        run.emit({ kind: 'guest.finished', guest: guest.name, ms: Math.round(performance.now() - begun), ...ended });
      }),
    ),
  );
  const exitCode = run.exitCode(outcomes);
  run.emit({ kind: 'run.finished', outcomes, exitCode, ms: Math.round(performance.now() - started) });
  return exitCode;
}

const STOPPED: Ended = { outcome: 'interrupted', changes: 0, reason: 'not begun: the run was interrupted' };

async function runGuest(run: FleetRun, guest: Guest, work: Work): Promise<Ended & { error?: ErrorReport }> {
  let conversation: Conversation | undefined;
  try {
    run.emit({ kind: 'guest.begun', guest: guest.name });
    const begun = performance.now();
    conversation = await Conversation.start(guest, run.means);
    const connected = {
      kind: 'guest.connected',
      guest: guest.name,
      ms: Math.round(performance.now() - begun),
    } as const;
    const { retries } = conversation;
    run.emit(retries === 0 ? connected : { ...connected, retries });
    return await work(conversation, talkFor(run, guest));
  } catch (error) {
    const report = reportOf(error);
    const unreachable =
      error instanceof ProvisionError && UNREACHABLE_CODES.has(error.code) && conversation === undefined;
    const interrupted = report.code === 'E_INTERRUPTED';
    const outcome = interrupted ? 'interrupted' : unreachable ? 'unreachable' : 'failed';
    return { outcome, changes: 0, error: report };
  } finally {
    await conversation?.close();
  }
}

function talkFor(run: FleetRun, guest: Guest): Talk {
  return {
    emit: run.emit,
    stopping: run.stopping,
    progress: (stage) => ({
      step: (step, status, message) => {
        const event = { kind: 'guest.step', guest: guest.name, stage, step, status } as const;
        run.emit(message === undefined ? event : { ...event, message });
      },
      output: (line) => {
        run.emit({ kind: 'guest.output', guest: guest.name, line });
      },
    }),
  };
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof ProvisionError) {
    const step = error.where !== undefined && 'guest' in error.where ? error.where.step : undefined;
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(step === undefined ? {} : { step }),
    };
  }
  // A bug of ours must not take the other guests down with it, and must not look like the guest's fault.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'E_BUG', message: text, hint: 'this is a defect in provision; please report it with this text' };
}

import { ProvisionError, UNREACHABLE_CODES } from '../errors.ts';
import type { ErrorReport, Event, Outcome } from '../events.ts';
import type { Guest } from '../inventory/guest.ts';
import { Conversation, type Means } from './conversation.ts';
import { Deadline, type Deadlines } from './deadline.ts';
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
  /** Aborted when the person wants to stop, or the guest is given up: whoever only waits for a guest stops waiting. */
  readonly stopping: AbortSignal;
}

/** What is the same for all guests of a run. */
export interface GuestRun {
  readonly means: Means;
  readonly emit: (event: Event) => void;
  readonly stopping: AbortSignal;
  /** Aborted when the person does not want to wait for those that run either. */
  readonly leaving: AbortSignal;
  readonly deadlines: Deadlines;
}

/** Does the work on one guest, for as long as it may take. Never throws. */
export async function runGuest(run: GuestRun, guest: Guest, work: Work): Promise<Ended & { error?: ErrorReport }> {
  const deadline = new Deadline(guest.name, run.deadlines, run.leaving);
  const attempt = new Attempt(run, guest, deadline);
  try {
    return await Promise.race([attempt.result(work), deadline.passed]);
  } catch (error) {
    const report = reportOf(attempt.lost === null ? error : lostForGood(error, attempt.lost));
    const unreachable = error instanceof ProvisionError && UNREACHABLE_CODES.has(error.code) && !attempt.connected;
    const interrupted = report.code === 'E_INTERRUPTED';
    const outcome = interrupted ? 'interrupted' : unreachable ? 'unreachable' : 'failed';
    return { outcome, changes: 0, error: report };
  } finally {
    deadline.over();
    await attempt.end();
  }
}

/** The conversation with one guest, which may be given up at any moment. */
class Attempt {
  readonly #run: GuestRun;
  readonly #guest: Guest;
  readonly #deadline: Deadline;
  #conversation: Conversation | undefined;
  #ended = false;

  constructor(run: GuestRun, guest: Guest, deadline: Deadline) {
    this.#run = run;
    this.#guest = guest;
    this.#deadline = deadline;
  }

  get connected(): boolean {
    return this.#conversation !== undefined;
  }

  /** Why its connection was lost, if it has not come back. */
  get lost(): Error | null {
    return this.#conversation?.lost ?? null;
  }

  async result(work: Work): Promise<Ended> {
    this.#run.emit({ kind: 'guest.begun', guest: this.#guest.name });
    const begun = performance.now();
    const conversation = await Conversation.start(this.#guest, this.#run.means);
    if (this.#ended) {
      await conversation.close();
      return { outcome: 'interrupted', changes: 0 };
    }
    this.#conversation = conversation;
    const { name } = this.#guest;
    const connected = { kind: 'guest.connected', guest: name, ms: Math.round(performance.now() - begun) } as const;
    const { retries } = conversation;
    this.#emit(retries === 0 ? connected : { ...connected, retries });
    return work(conversation, this.#talk());
  }

  /** A guest that was given up is not waited for: it may be the reason. What it still says is nobody's business. */
  async end(): Promise<void> {
    this.#ended = true;
    const closed = this.#conversation?.close();
    if (!this.#deadline.signal.aborted) await closed;
  }

  #emit(event: Event): void {
    if (this.#ended) return;
    this.#deadline.heard(event);
    this.#run.emit(event);
  }

  #talk(): Talk {
    const guest = this.#guest.name;
    return {
      emit: (event) => this.#emit(event),
      stopping: AbortSignal.any([this.#run.stopping, this.#deadline.signal]),
      progress: (stage) => ({
        step: (step, status, message) => {
          const event = { kind: 'guest.step', guest, stage, step, status } as const;
          this.#emit(message === undefined ? event : { ...event, message });
        },
        output: (line) => this.#emit({ kind: 'guest.output', guest, line }),
      }),
    };
  }
}

/** A guest that is gone was not slow: its deadline ended the attempts to reach it again. */
function lostForGood(error: unknown, lost: Error): unknown {
  if (!(error instanceof ProvisionError) || error.code !== 'E_DEADLINE') return error;
  return new ProvisionError(
    'E_CONNECTION_LOST',
    `${lost.message}, and the guest did not come back: it ${error.message}`,
    {
      hint: 'see whether the guest is up, then run the command again: it goes on from what it finds there',
      where: error.where,
      cause: lost,
    },
  );
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

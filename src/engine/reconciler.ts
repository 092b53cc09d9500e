import type { Redis } from 'ioredis';

import type { Jobs } from './jobs.ts';
import type { LogEntry } from './log.ts';
import type { GuestTask } from './queue-run.ts';

/** Milliseconds between two looks, and after which a job is worth one. */
const EVERY_MS = 5000;
const OLD_MS = 30_000;
/** Jobs that are asked about in one look. */
const AT_ONCE = 200;

interface OpenJob {
  readonly guest: string;
  readonly task: GuestTask;
  /** When it was handed over, or last asked about. */
  at: number;
  /** The last look did not find it at work; what the next one does not find either was lost, or its end was. */
  missed: boolean;
}

/**
 * Asks now and then what became of jobs that nothing was heard of: a server that was killed may have lost the last second of
 * what it was told, and a job whose workers all died comes to no end by itself.
 */
export class Reconciler {
  readonly #jobs: Jobs;
  readonly #append: (entry: LogEntry) => void;
  readonly #open = new Map<string, OpenJob>();
  readonly #everyMs: number;
  readonly #oldMs: number;
  /** After an outage. */
  readonly #allDue = (): void => {
    for (const job of this.#open.values()) job.at = Number.NEGATIVE_INFINITY;
  };
  #redis: Redis | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    jobs: Jobs,
    append: (entry: LogEntry) => void,
    { everyMs = EVERY_MS, oldMs = OLD_MS }: { readonly everyMs?: number; readonly oldMs?: number } = {},
  ) {
    this.#jobs = jobs;
    this.#append = append;
    this.#everyMs = everyMs;
    this.#oldMs = oldMs;
  }

  handed(guest: string, task: GuestTask): void {
    this.#open.set(keyOf(guest, task), { guest, task, at: performance.now(), missed: false });
  }

  over(guest: string, task: GuestTask): void {
    this.#open.delete(keyOf(guest, task));
  }

  start(redis: Redis): void {
    redis.on('ready', this.#allDue);
    this.#redis = redis;
    this.#timer = setInterval(() => {
      // A server that is away is asked again by the next look.
      this.#look().catch(() => undefined);
    }, this.#everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#redis?.off('ready', this.#allDue);
  }

  async #look(): Promise<void> {
    const before = performance.now() - this.#oldMs;
    const due = [...this.#open.values()].filter(({ at, missed }) => missed || at < before).slice(0, AT_ONCE);
    await Promise.all(due.map((job) => this.#ask(job)));
  }

  async #ask(job: OpenJob): Promise<void> {
    const { guest, task, missed } = job;
    const state = await this.#jobs.state(guest, task);
    if (this.#open.get(keyOf(guest, task)) !== job) return;
    job.at = performance.now();
    const gone = state === 'unknown' || state === 'over';
    job.missed = gone && !missed;
    // Done twice it is the same: the guest is found as it should be.
    if (gone && missed) await this.#jobs.redo(guest, task);
    if (state === 'given-up') this.#append(givenUp(guest, task, await this.#jobs.whyGivenUp(guest, task)));
  }
}

function givenUp(guest: string, task: GuestTask, why: string): LogEntry {
  const message = `its workers could not end it: ${why}`;
  if (task.kind === 'check') return { kind: 'checked', guest, batch: task.batch, wrong: `${guest}: ${message}` };
  const error = { code: 'E_ENGINE', message, hint: 'see what the workers say, then: provision runs resume' } as const;
  return { kind: 'ended', guest, end: { outcome: 'failed', changes: 0, error, ms: 0 } };
}

function keyOf(guest: string, task: GuestTask): string {
  return `${task.kind === 'check' ? task.batch : ''} ${guest}`;
}

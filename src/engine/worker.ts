import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import type { Job, Worker } from 'bullmq';
import pLimit, { type LimitFunction } from 'p-limit';

import { Attempts, type Perform } from './attempts.ts';
import { BULL_PREFIX } from './keys.ts';
import type { EngineLink } from './link.ts';
import { announce, withdraw, type WorkerCard } from './presence.ts';
import type { GuestJob } from './queue-run.ts';
import { queuesKnown, type QueueSpec } from './queues.ts';
import { isThere } from './redis/losses.ts';

export interface WorkerOptions {
  /** Of provision. */
  readonly version: string;
  /** Guests at a time, over all queues. */
  readonly forks: number;
  /** Serves these ways in only: jump hosts as the inventory has them, or `direct`. Empty: all there are. */
  readonly only: readonly string[];
  readonly perform: Perform;
  readonly note: (text: string) => void;
}

/** A dead worker's jobs are taken over when their lock has lapsed and the next look for such jobs has come. */
const LOCK_MS = 15_000;
const STALLED_EVERY_MS = 10_000;
/** So many workers may die of one job. */
const STALLED_COUNT = 5;
const LOOK_MS = 1000;
const ANNOUNCE_MS = 5000;

/** Takes jobs from all queues of its version, and does them until it is told to stop. */
export class GuestWorker {
  readonly #link: EngineLink;
  readonly #options: WorkerOptions;
  readonly #card: WorkerCard;
  readonly #limit: LimitFunction;
  readonly #attempts: Attempts;
  readonly #workers = new Map<string, Worker<GuestJob>>();
  #looking: NodeJS.Timeout | undefined;
  #announcing: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(link: EngineLink, options: WorkerOptions) {
    const { version, forks, only, perform } = options;
    this.#link = link;
    this.#options = options;
    this.#card = { id: `${hostname()}.${process.pid}.${randomUUID().slice(0, 4)}`, version, forks, only };
    this.#limit = pLimit(forks);
    this.#attempts = new Attempts(link.client, perform);
  }

  /** Guests that it is at. */
  get active(): number {
    return this.#limit.activeCount;
  }

  /** Begins; new queues are found as they come. */
  async start(): Promise<void> {
    await this.#announce();
    await this.#look();
    this.#announcing = this.#every(ANNOUNCE_MS, () => this.#announce());
    this.#looking = this.#every(LOOK_MS, () => this.#look());
  }

  /** Takes no more jobs, and waits for those that it has. */
  async stop(): Promise<void> {
    this.#end();
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    // Where the server is away, the word that was said last lapses by itself.
    if (isThere(this.#link.client)) await withdraw(this.#link.client, this.#card);
  }

  /** Lets go of what it has: another worker takes it over. */
  abandon(): void {
    this.#end();
    for (const worker of this.#workers.values()) worker.cancelAllJobs('the worker was told to leave');
  }

  /** What is not brought to its end here waits for the next worker at once. */
  async #take(job: Job<GuestJob>, token: string, signal: AbortSignal): Promise<void> {
    if (!this.#stopped && (await this.#attempts.begin(job, token, signal))) return;
    await job.moveToWait(token);
    throw new this.#link.bullmq.WaitingError();
  }

  #end(): void {
    this.#stopped = true;
    clearInterval(this.#looking);
    clearInterval(this.#announcing);
  }

  /** To a server that is away the words would wait, more of them each time. */
  #every(ms: number, what: () => Promise<void>): NodeJS.Timeout {
    return setInterval(() => {
      if (isThere(this.#link.client)) what().catch(() => undefined);
    }, ms);
  }

  async #announce(): Promise<void> {
    await announce(this.#link.client, this.#card);
  }

  async #look(): Promise<void> {
    const { version, only } = this.#options;
    for (const [name, spec] of await queuesKnown(this.#link.client, version)) {
      if (this.#stopped || this.#workers.has(name)) continue;
      if (only.length > 0 && !only.includes(spec.via ?? 'direct')) continue;
      this.#workers.set(name, this.#serve(spec));
    }
  }

  #serve({ name, via, perSecond }: QueueSpec): Worker<GuestJob> {
    const { forks, note } = this.#options;
    note(via === null ? 'serves guests that are dialled directly' : `serves guests behind ${via}`);
    const take = (job: Job<GuestJob>, token?: string, signal?: AbortSignal): Promise<void> =>
      this.#limit(() => this.#take(job, token ?? '', signal ?? new AbortController().signal));
    const worker = new this.#link.bullmq.Worker<GuestJob>(name, take, {
      connection: this.#link.client,
      prefix: BULL_PREFIX,
      concurrency: forks,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      maxStalledCount: STALLED_COUNT,
      ...(perSecond === null ? {} : { limiter: { max: perSecond, duration: 1000 } }),
    });
    // Somebody else has the job, so whatever this one still does about it is one too many.
    worker.on('lockRenewalFailed', (jobs) => {
      for (const job of jobs) worker.cancelJob(job, 'another worker has taken it over');
    });
    worker.on('error', () => undefined);
    return worker;
  }
}

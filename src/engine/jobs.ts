import type { Queue } from 'bullmq';

import { BULL_PREFIX, jobKey, KEPT_SECONDS } from './keys.ts';
import type { EngineLink } from './link.ts';
import { jobIdOf, type GuestJob, type GuestTask, type QueuedGuest } from './queue-run.ts';

/** What became of a job: a worker has it or will have it; it ended; its attempts are used up; nobody knows it. */
export type JobState = 'open' | 'over' | 'given-up' | 'unknown';

/** Seconds that a job that is over can still be asked about. */
const KEPT = { age: 60 * 60, count: 1000 };
const STATES: Readonly<Record<string, JobState>> = { completed: 'over', failed: 'given-up', unknown: 'unknown' };

/** The jobs of one run. */
export class Jobs {
  readonly #link: Pick<EngineLink, 'client' | 'bullmq'>;
  readonly #run: string;
  readonly #queues = new Map<string, Queue<GuestJob>>();
  readonly #places: ReadonlyMap<string, { readonly place: number; readonly queued: QueuedGuest }>;
  #waiting: { readonly guest: string; readonly task: GuestTask }[] = [];
  #adding: Promise<void> | undefined;
  /** Settles when the server has all that was handed over so far. */
  #added: Promise<unknown> = Promise.resolve();

  constructor(link: Pick<EngineLink, 'client' | 'bullmq'>, run: string, guests: readonly QueuedGuest[]) {
    this.#link = link;
    this.#run = run;
    this.#places = new Map(guests.map((queued, place) => [queued.guest.name, { place, queued }]));
  }

  /**
   * Hands jobs over; those that come in one moment go together. One that was handed over before is not there twice.
   * @returns settles when the server has them
   */
  add(guest: string, task: GuestTask): Promise<void> {
    this.#waiting.push({ guest, task });
    if (this.#adding === undefined) {
      this.#adding = new Promise((resolve) => setImmediate(resolve)).then(() => this.#addAll());
      this.#added = Promise.allSettled([this.#added, this.#adding]);
    }
    return this.#adding;
  }

  /**
   * Takes a job back that no worker has ever begun, also one that was never handed over; false when one has, even one that
   * is gone: what it left is seen to.
   */
  async takeBack(guest: string, task: GuestTask): Promise<boolean> {
    await this.#added;
    const { queue, id } = this.#at(guest, task);
    // BullMQ removes whatever has no lock: also what has failed, and what a worker died of.
    const job = await queue.getJob(id);
    if (job !== undefined && job.attemptsStarted > 0) return false;
    return (await queue.remove(id)) === 1;
  }

  /** Has a job done once more, of which it is not known how it ended. */
  async redo(guest: string, task: GuestTask): Promise<void> {
    const { queue, id } = this.#at(guest, task);
    await queue.remove(id);
    await this.add(guest, task);
  }

  async state(guest: string, task: GuestTask): Promise<JobState> {
    const { queue, id } = this.#at(guest, task);
    return STATES[await queue.getJobState(id)] ?? 'open';
  }

  /** Why the attempts at a job were used up. It is kept for as long as its run is. */
  async whyGivenUp(guest: string, task: GuestTask): Promise<string> {
    const { queue, id } = this.#at(guest, task);
    await this.#link.client.expire(jobKey(queue.name, id), KEPT_SECONDS);
    return (await queue.getJob(id))?.failedReason ?? 'no worker could end it';
  }

  async close(): Promise<void> {
    await this.#added;
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  async #addAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#adding = undefined;
    const byQueue = new Map<Queue<GuestJob>, { name: string; data: GuestJob; opts: { jobId: string } }[]>();
    for (const { guest, task } of waiting) {
      const { queue, id, queued } = this.#at(guest, task);
      const data = { run: this.#run, guest: queued.guest, desired: queued.desired, task };
      const jobs = byQueue.get(queue) ?? [];
      jobs.push({ name: task.kind, data, opts: { jobId: id } });
      byQueue.set(queue, jobs);
    }
    await Promise.all([...byQueue].map(([queue, jobs]) => queue.addBulk(jobs)));
  }

  #at(guest: string, task: GuestTask): { queue: Queue<GuestJob>; id: string; queued: QueuedGuest } {
    const known = this.#places.get(guest);
    if (known === undefined) throw new Error(`no guest ${guest} in this run`);
    const { place, queued } = known;
    return { queue: this.#queue(queued.queue), id: jobIdOf(this.#run, place, task), queued };
  }

  #queue(name: string): Queue<GuestJob> {
    const open = this.#queues.get(name);
    if (open !== undefined) return open;
    const queue = new this.#link.bullmq.Queue<GuestJob>(name, {
      connection: this.#link.client,
      prefix: BULL_PREFIX,
      // Nobody reads BullMQ's own stream of events: the run's log says more.
      streams: { events: { maxLen: 0 } },
      defaultJobOptions: {
        // A worker that cannot do its part throws; a guest's own trouble is a result.
        attempts: 3,
        backoff: { type: 'fixed', delay: 1000 },
        removeOnComplete: KEPT,
        removeOnFail: { age: 24 * 60 * 60 },
      },
    });
    // It goes on by itself once the server is back, which is said elsewhere.
    queue.on('error', () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }
}

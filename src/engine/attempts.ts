import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';

import type { Event } from '../events.ts';
import type { Guest } from '../inventory/guest.ts';
import type { DesiredState } from '../profile/desired.ts';
import type { GuestEnd } from '../rollout/engine.ts';
import { jobKey, jobLockKey, keysOf } from './keys.ts';
import { encodeEntry, type LogEntry } from './log.ts';
import type { GuestJob, GuestRequest, GuestTask, QueueRunHead } from './queue-run.ts';
import { loadDesired, loadRequest } from './run-store.ts';
import { withScripts, type Scripted } from './scripts.ts';
import { serverMicroseconds } from './server-clock.ts';
import { WorkerTalk } from './worker-talk.ts';

/** One attempt at one guest. */
export interface Attempt {
  readonly head: QueueRunHead;
  readonly request: GuestRequest;
  readonly guest: Guest;
  readonly desired: DesiredState | null;
  readonly task: GuestTask;
  /** Microseconds of the server's clock: a later attempt has a larger one, whatever else was lost. */
  readonly fence: { readonly token: string; readonly run: string };
  readonly emit: (event: Event) => void;
  /** Aborted when the attempt is not ours any more. */
  readonly signal: AbortSignal;
}

/** What a worker does with a guest. Never throws for the guest's sake. */
export interface Perform {
  change(attempt: Attempt): Promise<GuestEnd>;
  /** What is wrong with it; null: nothing. */
  check(attempt: Attempt): Promise<string | null>;
}

interface Known {
  readonly head: QueueRunHead;
  readonly request: GuestRequest;
  readonly desired: Map<string, Promise<DesiredState>>;
}

/** Runs that a worker remembers. */
const RUNS_KEPT = 20;

/** Makes of each job an attempt, and writes down what came of it. */
export class Attempts {
  readonly #redis: Redis & Scripted;
  readonly #perform: Perform;
  readonly #runs = new Map<string, Promise<Known>>();

  constructor(redis: Redis, perform: Perform) {
    this.#redis = withScripts(redis);
    this.#perform = perform;
  }

  /**
   * Answers false when it was let go of.
   * @throws ProvisionError for a run that is not there, Error when the attempt was overtaken: it has nothing to tell
   */
  async begin(job: Job<GuestJob>, token: string, signal: AbortSignal): Promise<boolean> {
    const { run, guest, task } = job.data;
    const known = await this.#run(run);
    const desired = job.data.desired === null ? null : await this.#desired(run, known, job.data.desired);
    const fence = { token: await serverMicroseconds(this.#redis), run };
    const keys = keysOf(run);
    const talk = new WorkerTalk(this.#redis, keys.talk);
    const emit = (event: Event): void => {
      if (!signal.aborted) talk.add(event);
    };
    const { head, request } = known;
    const entry = await this.#entry({ head, request, guest, desired, task, fence, emit, signal });
    if (signal.aborted) return false;
    const { queueName, id = '' } = job;
    const [lock, key] = [jobLockKey(queueName, id), jobKey(queueName, id)];
    const said = talk.rest();
    const told = await this.#redis.provisionEnd(lock, key, keys.talk, keys.log, token, said, encodeEntry(entry));
    if (told === 0) throw new Error('overtaken: another attempt has this guest');
    return true;
  }

  async #entry(attempt: Attempt): Promise<LogEntry> {
    const { task, guest } = attempt;
    if (task.kind === 'change') return { kind: 'ended', guest: guest.name, end: await this.#perform.change(attempt) };
    return { kind: 'checked', guest: guest.name, batch: task.batch, wrong: await this.#perform.check(attempt) };
  }

  #run(id: string): Promise<Known> {
    const known = this.#runs.get(id);
    if (known !== undefined) return known;
    const loading = loadRequest(this.#redis, id).then((run) => ({
      ...run,
      desired: new Map<string, Promise<DesiredState>>(),
    }));
    remember(this.#runs, id, loading);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= RUNS_KEPT) break;
      this.#runs.delete(oldest);
    }
    return loading;
  }

  #desired(run: string, { desired }: Known, digest: string): Promise<DesiredState> {
    const known = desired.get(digest);
    if (known !== undefined) return known;
    const loading = loadDesired(this.#redis, run, digest);
    remember(desired, digest, loading);
    return loading;
  }
}

/** What could not be loaded is asked for again by the next one. */
function remember<T>(map: Map<string, Promise<T>>, key: string, loading: Promise<T>): void {
  map.set(key, loading);
  loading.catch(() => map.delete(key));
}

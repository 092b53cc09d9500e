const ROOT = 'provision';

/** BullMQ keeps its queues below this. */
export const BULL_PREFIX = `${ROOT}:bull`;

/** Ids of all runs by the time of their beginning, in milliseconds. */
export const RUNS_KEY = `${ROOT}:runs`;

/** Queues that there are, by name: a `QueueSpec` each. */
export const QUEUES_KEY = `${ROOT}:queues`;

/** Workers by the time they were last heard of, in milliseconds of the server. */
export const WORKERS_KEY = `${ROOT}:workers`;

/** Seconds that a run can be attached to after the last that was heard of it. */
export const KEPT_SECONDS = 14 * 24 * 60 * 60;

/** The keys of one run. */
export interface RunKeys {
  /** Hash: what the run is. */
  readonly run: string;
  /** Stream: what the rollout hears, in its one order. Decides everything. */
  readonly log: string;
  /** Stream: what guests say meanwhile. Capped, decides nothing. */
  readonly talk: string;
  /** Who controls the run; gone when that one is. */
  readonly lease: string;
}

export function keysOf(run: string): RunKeys {
  const base = `${ROOT}:run:${run}`;
  return { run: base, log: `${base}:log`, talk: `${base}:talk`, lease: `${base}:lease` };
}

/** Where BullMQ keeps a job. */
export function jobKey(queue: string, jobId: string): string {
  return `${BULL_PREFIX}:${queue}:${jobId}`;
}

/** The lock of an active job: the value is the token of the attempt that holds it. */
export function jobLockKey(queue: string, jobId: string): string {
  return `${jobKey(queue, jobId)}:lock`;
}

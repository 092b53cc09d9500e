import type { Redis } from 'ioredis';

import { ProvisionError } from '../errors.ts';
import type { DesiredState } from '../profile/desired.ts';
import { keysOf, KEPT_SECONDS, RUNS_KEY } from './keys.ts';
import type { GuestRequest, QueueRun, QueueRunHead } from './queue-run.ts';

const DESIRED = 'desired:';
/** Runs that are named to somebody who looks for one. */
const NAMED = 3;

/** Writes a run down, whole or not at all. */
export async function saveRun(redis: Redis, run: QueueRun): Promise<void> {
  const { head, request, schedule, gate, guests, desired } = run;
  const keys = keysOf(head.id);
  const transaction = redis.multi().hset(keys.run, {
    head: JSON.stringify(head),
    request: JSON.stringify(request),
    rollout: JSON.stringify({ schedule, gate, guests }),
  });
  for (const [digest, state] of desired) transaction.hset(keys.run, `${DESIRED}${digest}`, JSON.stringify(state));
  transaction.expire(keys.run, KEPT_SECONDS);
  transaction.zadd(RUNS_KEY, Date.parse(head.startedAt), head.id);
  transaction.zremrangebyscore(RUNS_KEY, 0, Date.parse(head.startedAt) - KEPT_SECONDS * 1000);
  await transaction.exec();
}

/** @throws ProvisionError E_ENGINE when there is no such run */
export async function loadRun(redis: Redis, id: string): Promise<QueueRun> {
  const fields = await redis.hgetall(keysOf(id).run);
  const { head, request, rollout } = fields;
  if (head === undefined || request === undefined || rollout === undefined) throw await unknown(redis, id);
  const states = Object.entries(fields).flatMap(([field, text]): [string, DesiredState][] =>
    field.startsWith(DESIRED) ? [[field.slice(DESIRED.length), JSON.parse(text) as DesiredState]] : [],
  );
  return {
    head: JSON.parse(head) as QueueRunHead,
    request: JSON.parse(request) as GuestRequest,
    ...(JSON.parse(rollout) as Pick<QueueRun, 'schedule' | 'gate' | 'guests'>),
    desired: new Map(states),
  };
}

/** What a worker needs of a run. @throws ProvisionError E_ENGINE when there is no such run */
export async function loadRequest(redis: Redis, id: string): Promise<{ head: QueueRunHead; request: GuestRequest }> {
  const [head, request] = await redis.hmget(keysOf(id).run, 'head', 'request');
  if (head == null || request == null) throw await unknown(redis, id);
  return { head: JSON.parse(head) as QueueRunHead, request: JSON.parse(request) as GuestRequest };
}

/** @throws ProvisionError E_ENGINE when the run does not have it */
export async function loadDesired(redis: Redis, id: string, digest: string): Promise<DesiredState> {
  const text = await redis.hget(keysOf(id).run, `${DESIRED}${digest}`);
  if (text === null) throw await unknown(redis, id);
  return JSON.parse(text) as DesiredState;
}

/** Ids of the runs that are known, the oldest first. */
export function runsKnown(redis: Redis): Promise<string[]> {
  return redis.zrange(RUNS_KEY, '0', '-1');
}

async function unknown(redis: Redis, id: string): Promise<ProvisionError> {
  const late = (await runsKnown(redis)).slice(-NAMED).reverse();
  return new ProvisionError('E_ENGINE', `the queue knows no run ${id}`, {
    hint:
      late.length === 0
        ? 'it knows none; provision apply --engine URL begins one'
        : `those of late: ${late.join(', ')}`,
  });
}

import type { Redis } from 'ioredis';

import { WORKERS_KEY } from './keys.ts';
import { serverMs } from './server-clock.ts';

/** A worker, as others see it. */
export interface WorkerCard {
  /** `host.pid`, and a few letters. */
  readonly id: string;
  readonly version: string;
  readonly forks: number;
  /** The ways in that it serves only; empty: all. */
  readonly only: readonly string[];
}

/** Milliseconds; a worker that was not heard of for so long is gone. */
const GONE_MS = 15_000;

/** Says that a worker is there. */
export async function announce(redis: Redis, card: WorkerCard): Promise<void> {
  await redis.zadd(WORKERS_KEY, await serverMs(redis), JSON.stringify(card));
}

export async function withdraw(redis: Redis, card: WorkerCard): Promise<void> {
  await redis.zrem(WORKERS_KEY, JSON.stringify(card));
}

/** The workers that were heard of lately. */
export async function workersPresent(redis: Redis): Promise<WorkerCard[]> {
  const since = (await serverMs(redis)) - GONE_MS;
  await redis.zremrangebyscore(WORKERS_KEY, 0, since);
  const cards = await redis.zrangebyscore(WORKERS_KEY, since, '+inf');
  return cards.map((text) => JSON.parse(text) as WorkerCard);
}

/**
 * What a person should know when nothing happens: why nobody comes to these guests. Null: somebody will.
 * @param waiting the ways in to the guests that wait, one for each of them
 */
export function whyNobodyComes(
  workers: readonly WorkerCard[],
  version: string,
  waiting: readonly string[],
): string | null {
  const able = workers.filter((card) => card.version === version);
  const serves = (via: string): boolean => able.some(({ only }) => only.length === 0 || only.includes(via));
  const left = waiting.filter((via) => !serves(via));
  const [via] = left;
  if (via === undefined) return null;
  const wait = `${left.length} ${left.length === 1 ? 'guest waits' : 'guests wait'} for one`;
  if (able.length > 0) {
    const way = via === 'direct' ? 'guests that are dialled directly' : `guests behind ${via}`;
    return `no worker serves ${way}; ${wait}: provision worker --via ${via} --engine ..`;
  }
  const others = [...new Set(workers.map((card) => card.version))].sort().join(', ');
  const those = others === '' ? '' : ` (there are workers of ${others})`;
  return `no worker of version ${version} is there${those}; ${wait}: provision worker --engine ..`;
}

import { createHash } from 'node:crypto';

import type { Redis } from 'ioredis';

import type { Guest } from '../inventory/guest.ts';
import { KEPT_SECONDS, QUEUES_KEY } from './keys.ts';

/** A way in to guests: every bastion has one of its own, so that it is never asked for more handshakes than it takes. */
export interface QueueSpec {
  readonly name: string;
  /** The jump hosts, as the inventory has them; null: guests that are dialled directly. */
  readonly via: string | null;
  /** Jobs begun per second, over all workers; null: no limit. */
  readonly perSecond: number | null;
  /** When a run went through it last: ISO 8601, by the server's clock. Nobody looks for work where there was none for long. */
  readonly usedAt: string;
}

/** Below sshd's MaxStartups 10:30:100 for as long as a handshake takes less than half a second. */
export const BASTION_PER_SECOND = 20;

export interface QueueTerms {
  /** Of provision. */
  readonly version: string;
  /** For each bastion. */
  readonly perSecond: number;
  readonly usedAt: string;
}

/**
 * The queue that a guest goes through. Workers of another version never see it: what they made of a job could be another
 * thing than what was asked for.
 */
export function queueFor(guest: Guest, { version, perSecond, usedAt }: QueueTerms): QueueSpec {
  const via = bastionOf(guest);
  if (via === null) return { name: `v${version}-direct`, via, perSecond: null, usedAt };
  const digest = createHash('sha256').update(via).digest('hex').slice(0, 12);
  return { name: `v${version}-via-${digest}`, via, perSecond, usedAt };
}

/** How workers name the way in to a guest. */
export function wayTo(guest: Guest): string {
  return bastionOf(guest) ?? 'direct';
}

function bastionOf({ jump }: Guest): string | null {
  return jump === undefined || jump === 'none' ? null : jump;
}

/** Workers look here for queues to serve. Those that no run has gone through for long are forgotten. */
export async function registerQueues(redis: Redis, specs: readonly QueueSpec[]): Promise<void> {
  const fields = Object.fromEntries(specs.map((spec) => [spec.name, JSON.stringify(spec)]));
  await redis.hset(QUEUES_KEY, fields);
  const newest = Math.max(...specs.map(({ usedAt }) => Date.parse(usedAt)));
  const old = Object.entries(await redis.hgetall(QUEUES_KEY)).flatMap(([name, text]) =>
    Date.parse((JSON.parse(text) as QueueSpec).usedAt) < newest - KEPT_SECONDS * 1000 ? name : [],
  );
  if (old.length > 0) await redis.hdel(QUEUES_KEY, ...old);
}

/** The queues of this version, by name. */
export async function queuesKnown(redis: Redis, version: string): Promise<Map<string, QueueSpec>> {
  const fields = await redis.hgetall(QUEUES_KEY);
  return new Map(
    Object.entries(fields).flatMap(([name, text]): [string, QueueSpec][] =>
      isOf(version, name) ? [[name, JSON.parse(text) as QueueSpec]] : [],
    ),
  );
}

/** 1.0.0 does not serve 1.0.0-rc1. */
function isOf(version: string, name: string): boolean {
  const prefix = `v${version}-`;
  return name.startsWith(prefix) && /^(?:direct|via-[0-9a-f]{12})$/.test(name.slice(prefix.length));
}

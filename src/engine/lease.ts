import { randomUUID } from 'node:crypto';

import { keysOf } from './keys.ts';
import { encodeEntry, type LogEntry } from './log.ts';
import { isThere } from './redis/losses.ts';
import type { Redis } from 'ioredis';
import type { Scripted } from './scripts.ts';

/** Milliseconds without a word after which a controller counts as gone. */
const LEASE_MS = 15_000;
const RENEW_MS = 4_000;

export interface LeaseTimes {
  readonly leaseMs?: number;
  readonly renewMs?: number;
}

/** The right to control a run: one has it at a time, and only that one adds to the run's log what is not a guest's end. */
export class Lease {
  readonly #redis: Redis & Scripted;
  readonly #lease: string;
  readonly #log: string;
  readonly #me = randomUUID();
  readonly #leaseMs: number;
  readonly #renewMs: number;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  readonly #lost: () => void;

  /** @param lost told once when another has taken it */
  constructor(
    redis: Redis & Scripted,
    run: string,
    lost: () => void,
    { leaseMs = LEASE_MS, renewMs = RENEW_MS }: LeaseTimes = {},
  ) {
    const { lease, log } = keysOf(run);
    this.#redis = redis;
    this.#lease = lease;
    this.#log = log;
    this.#lost = lost;
    this.#leaseMs = leaseMs;
    this.#renewMs = renewMs;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Whether nobody has it. */
  async isFree(): Promise<boolean> {
    return (await this.#redis.exists(this.#lease)) === 0;
  }

  /** Takes it when nobody has it. */
  async take(): Promise<boolean> {
    if (this.#held) return true;
    if (!(await this.#takeOrKeep())) return false;
    this.#held = true;
    this.#timer = setInterval(() => void this.#renew(), this.#renewMs);
    return true;
  }

  /** Adds an entry to the log, unless the lease is somebody else's by now. */
  async append(entry: LogEntry): Promise<void> {
    const done = await this.#redis.provisionAppend(this.#lease, this.#log, this.#me, encodeEntry(entry));
    if (done === 1 || !this.#held) return;
    // It lapsed while the server was away, and nobody has taken it.
    if (await this.#takeOrKeep()) return this.append(entry);
    this.#lose();
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    this.#stop();
    // A server that is away is not waited for: it lapses by itself.
    if (!isThere(this.#redis)) return;
    await this.#redis.provisionRelease(this.#lease, this.#me);
  }

  /** For the time of a lease, when nobody else has it. */
  async #takeOrKeep(): Promise<boolean> {
    return (await this.#redis.provisionTake(this.#lease, this.#me, this.#leaseMs)) === 1;
  }

  async #renew(): Promise<void> {
    if (!isThere(this.#redis)) return;
    try {
      if (!(await this.#takeOrKeep())) this.#lose();
    } catch {
      // The server is away; the next one comes soon.
    }
  }

  #lose(): void {
    if (!this.#held) return;
    this.#stop();
    this.#lost();
  }

  #stop(): void {
    this.#held = false;
    clearInterval(this.#timer);
  }
}

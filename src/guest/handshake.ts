import { setTimeout as pause } from 'node:timers/promises';

import type { LimitFunction } from 'p-limit';

const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 150;

/** An attempt that a busy server cut off before it looked at it. */
export class Busy extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super(reason.message);
    this.reason = reason;
  }
}

/**
 * Does a handshake within the limit of handshakes at once. A busy server is tried again, later and later and at random,
 * so that a fleet does not come back all at the same time; the pause holds up nobody.
 * @throws what the attempt throws, or the last `Busy`'s reason
 */
export async function handshake<T>(limit: LimitFunction, attempt: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await limit(attempt);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      if (retries === MAX_RETRIES) throw error.reason;
      await pause(FIRST_PAUSE_MS * 2 ** retries * (0.5 + Math.random()));
    }
  }
}

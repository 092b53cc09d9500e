import { setTimeout as pause } from 'node:timers/promises';

const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 150;

/** An attempt that a busy server cut off before it looked at it. */
export class Busy extends Error {
  readonly reason: Error;
  /** How often it makes sense to try again; a server that says nothing has cost a time limit already. */
  readonly retries: number;

  constructor(reason: Error, retries = MAX_RETRIES) {
    super(reason.message);
    this.reason = reason;
    this.retries = retries;
  }
}

/**
 * Tries a busy server again, later and later and at random, so that a fleet does not come back all at the same time.
 * @param again told before every attempt but the first
 * @throws what the attempt throws, or the last `Busy`'s reason
 */
export async function untilNotBusy<T>(attempt: () => Promise<T>, again: () => void): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      if (retries >= error.retries) throw error.reason;
      await pause(FIRST_PAUSE_MS * 2 ** retries * (0.5 + Math.random()));
      again();
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises';

/** Of 200 that come to one sshd at its default MaxStartups (10:30:100) at once, the unluckiest needs five. */
const MAX_RETRIES = 7;
const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 4800;

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
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS) * (0.5 + Math.random()));
      again();
    }
  }
}

import type { Event } from '../events.ts';
/** One event with the time at which it was written down. */
export interface Stamped {
  readonly at: string /* ISO 8601, UTC, ms */;
  readonly event: Event;
}
/** A run as its journal tells it. */
export interface RunRecord {
  readonly id: string; // 20261124-212200-a1b2c3: sorts by time
  readonly command: string; // apply, verify, rollback, ..
  readonly argv: readonly string[]; // what followed `provision`
  readonly by: string; // user@host
  readonly version: string; // of provision
  readonly startedAt: string;
  readonly guests: readonly string[];
  readonly events: readonly Stamped[];
}

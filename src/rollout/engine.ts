import type { ErrorReport } from '../events.ts';
import type { Ended } from './guest-run.ts';
import type { RolloutEvent } from './strategy/rollout-state.ts';

/** How one guest ended, and after how many milliseconds. */
export interface GuestEnd extends Ended {
  readonly error?: ErrorReport;
  readonly ms: number;
}

/** What a rollout hears: the events of the strategy, each guest's end in full. */
export type RolloutEntry =
  Exclude<RolloutEvent, { kind: 'ended' }> | { readonly kind: 'ended'; readonly guest: string; readonly end: GuestEnd };

/**
 * Carries out what a rollout decides, and decides nothing itself. What comes of it goes to the rollout's `hear`, one entry
 * after the other. Nothing here throws for a guest's sake.
 */
export interface Engine {
  /** Says `start` to the rollout. */
  start(): void;
  /** Does the work on a guest; `ended` tells how. */
  begin(guest: string): void;
  /** `paused` comes after so many milliseconds. */
  pause(ms: number): void;
  /** Asks the gate about these guests of a batch, those that have not failed; `gate` is the answer. */
  gate(batch: GatedBatch): void;
  /** The person wants it to end; the rollout hears of it as `interrupt`. */
  interrupt(): void;
  /** Nobody is to be begun any more, for this reason: what was handed over and is not begun yet may be taken back. */
  recall(reason: string): void;
  /** Milliseconds from the start of the rollout to what was heard of it last. */
  elapsed(): number;
  /** The rollout is over. */
  close(): Promise<void>;
}

export interface GatedBatch {
  /** From 0. */
  readonly batch: number;
  readonly name: string;
  readonly guests: readonly string[];
}

/** The ends of the line that an engine talks into. */
export interface Listener {
  hear(entry: RolloutEntry): void;
  /** The engine itself is broken. */
  fail(error: unknown): void;
  /** The rollout goes on without us: whoever runs is left to the engine. */
  leave(): void;
}

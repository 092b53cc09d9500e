import type { Batch } from './batches.ts';

/** All that decides who goes when. Plain data, made before the first connection. */
export interface Schedule {
  readonly batches: readonly Batch[];
  /** Guests at a time. */
  readonly forks: number;
  /** So many failed guests, over the whole fleet, end the rollout; null: any number may fail. */
  readonly failureLimit: number | null;
  /** Between two batches, milliseconds. */
  readonly pauseMs: number;
  /** Whether there is a gate between two batches. */
  readonly gate: boolean;
  /** Guests wait in a queue after they were begun, so that a stop spares them as well. */
  readonly recalls?: boolean;
}

/** What a rollout is told. */
export type RolloutEvent =
  | { readonly kind: 'start' }
  /** A guest has ended; refused, failed and unreachable guests have failed. */
  | { readonly kind: 'ended'; readonly guest: string; readonly failed: boolean }
  | { readonly kind: 'paused' }
  | { readonly kind: 'gate'; readonly passed: boolean; readonly reason?: string }
  /** The person wants it to end. */
  | { readonly kind: 'interrupt' };

/** What is to be done about it, in this order. */
export type RolloutAction =
  | { readonly kind: 'open'; readonly batch: number }
  | { readonly kind: 'begin'; readonly guest: string }
  /** All guests of the batch that were begun have ended. */
  | { readonly kind: 'close'; readonly batch: number; readonly failed: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'gate'; readonly batch: number }
  /** No guest is begun any more; these never will be. Those that run are let finish. */
  | { readonly kind: 'stop'; readonly reason: string; readonly notBegun: readonly string[] }
  | { readonly kind: 'done' };

export interface RolloutState {
  readonly schedule: Schedule;
  readonly phase: 'ready' | 'batch' | 'pause' | 'gate' | 'done';
  readonly batch: number;
  /** Guests of this batch that were begun. */
  readonly begun: number;
  readonly running: ReadonlySet<string>;
  /** Over the whole fleet, and in this batch. */
  readonly failures: number;
  readonly failed: number;
  readonly stopped: boolean;
}

import type { Event } from '../../events.ts';
import type { Stamped } from '../../journal/record.ts';

/** Guests that went together; milliseconds after the start of the run. */
export interface Batch {
  readonly number: number;
  readonly name: string;
  readonly guests: readonly string[];
  readonly startMs: number;
  /** null: the journal does not say that it ended. */
  readonly endMs: number | null;
  readonly failed: number | null;
  /** What the health gate after it said; null: there was none. */
  readonly gate: { readonly passed: boolean; readonly reason: string } | null;
}

/** The rollout's own events (docs/events.md); a journal of an older version has none. */
type RolloutEvent =
  | {
      readonly kind: 'batch.started';
      readonly batch: number;
      readonly name: string;
      readonly guests: readonly string[];
    }
  | { readonly kind: 'batch.finished'; readonly batch: number; readonly failed: number }
  | { readonly kind: 'rollout.gate'; readonly batch: number; readonly passed: boolean; readonly reason?: string }
  | { readonly kind: 'rollout.stopped'; readonly reason: string };

/** Batches in the order in which they began, and why the rollout stopped early. */
export interface RolloutStory {
  readonly batches: readonly Batch[];
  readonly stopped: string | null;
}

/** @param since gives milliseconds after the start of the run for a stamp */
export function rolloutStory(events: readonly Stamped[], since: (at: string) => number): RolloutStory {
  const batches = new Map<number, Batch>();
  let stopped: string | null = null;
  const change = (number: number, changes: Partial<Batch>): void => {
    const batch = batches.get(number);
    if (batch !== undefined) batches.set(number, { ...batch, ...changes });
  };
  for (const { at, event: any } of events) {
    const event = any as Event | RolloutEvent;
    if (event.kind === 'batch.started') {
      const { batch: number, name, guests } = event;
      batches.set(number, { number, name, guests, startMs: since(at), endMs: null, failed: null, gate: null });
    } else if (event.kind === 'batch.finished') change(event.batch, { endMs: since(at), failed: event.failed });
    else if (event.kind === 'rollout.gate')
      change(event.batch, { gate: { passed: event.passed, reason: event.reason ?? '' } });
    else if (event.kind === 'rollout.stopped') stopped = event.reason;
  }
  return { batches: [...batches.values()], stopped };
}

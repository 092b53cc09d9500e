import type { RolloutEntry } from '../rollout/engine.ts';

type Answer = Extract<RolloutEntry, { kind: 'paused' | 'gate' }>;

/** One entry of a run's log: what the rollout hears, and what looks of a gate have seen. */
export type LogEntry =
  | Exclude<RolloutEntry, Answer>
  | (Answer & {
      /** Which question it answers, counted from 1 over the pauses and gates of the run. */
      readonly asked: number;
    })
  | {
      readonly kind: 'checked';
      readonly guest: string;
      readonly batch: number;
      /** What is wrong with it; null: nothing. */
      readonly wrong: string | null;
    };

/** The one field of a stream's entry. */
export const FIELD = 'e';

export function encodeEntry(entry: LogEntry): string {
  return JSON.stringify(entry);
}

/** @throws SyntaxError for what none of us has written */
export function decodeEntry(text: string): LogEntry {
  return JSON.parse(text) as LogEntry;
}

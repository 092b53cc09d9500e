import type { GuestWaits, Wait } from '../wait.ts';
import type { WaitClassifier } from './wait-kinds.ts';

/** One of the places where most time was lost. */
export interface TopWait {
  readonly task: string;
  /** Guests on which it was seen, in the order of the run. */
  readonly on: readonly string[];
  /** Microseconds, and 0 to 1 of all that was traced. */
  readonly us: number;
  readonly share: number;
  /** The innermost function that says something. */
  readonly where: string;
  /** Name of the kind of wait. */
  readonly wait: string;
  /** Who ended it most often; null where that was not traced. */
  readonly waker: string | null;
  readonly pending: boolean;
  /** The signature that fits best. */
  readonly signature: string | null;
  readonly meaning: string | null;
}

/** What a stack means to somebody who knows hangs. */
export type Explain = (wait: Wait) => { readonly signature: string | null; readonly meaning: string | null };

interface Row {
  readonly task: string;
  readonly where: string;
  readonly kind: number;
  readonly pending: boolean;
  readonly on: Set<string>;
  us: number;
  heaviest: Wait;
}

/** The heaviest places over all guests; what one means is asked of its heaviest stack. */
export function topWaits(
  guests: readonly GuestWaits[],
  classifier: WaitClassifier,
  { most, explain }: { readonly most: number; readonly explain: Explain },
): TopWait[] {
  const rows = new Map<string, Row>();
  let total = 0;
  for (const { guest, waits } of guests)
    for (const wait of waits) {
      const { kind, where } = classifier.classify(wait);
      const key = JSON.stringify([wait.comm, where, kind, wait.pending]);
      const row = rows.get(key) ?? {
        task: wait.comm,
        where,
        kind,
        pending: wait.pending,
        on: new Set<string>(),
        us: 0,
        heaviest: wait,
      };
      row.us += wait.us;
      row.on.add(guest);
      if (wait.us > row.heaviest.us) row.heaviest = wait;
      rows.set(key, row);
      total += wait.us;
    }
  return [...rows.values()]
    .sort((a, b) => b.us - a.us || (a.task < b.task ? -1 : 1))
    .slice(0, most)
    .map(({ task, where, kind, pending, on, us, heaviest }) => ({
      task,
      on: [...on],
      us,
      share: total === 0 ? 0 : us / total,
      where,
      wait: classifier.kinds[kind]?.name ?? 'other',
      waker: heaviest.waker?.comm ?? null,
      pending,
      ...explain(heaviest),
    }));
}

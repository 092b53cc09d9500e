import type { Outcome } from '../events.ts';
import type { RunRecord } from './record.ts';

/** Ends after which there is nothing left to do for the same request. */
const DONE: ReadonlySet<Outcome> = new Set<Outcome>(['converged', 'changed', 'captured', 'reboot-pending', 'skipped']);

export interface GuestEnd {
  readonly guest: string;
  /** null: it was begun, and its end was not written down; undefined: nothing is known of it. */
  readonly outcome: Outcome | null | undefined;
  readonly reason?: string;
  readonly ms?: number;
}

/** How each guest of a run ended, in the order of the run. */
export function endsOf(record: RunRecord): GuestEnd[] {
  const ends = new Map<string, GuestEnd>(record.guests.map((guest) => [guest, { guest, outcome: undefined }]));
  for (const { event } of record.events) {
    if (event.kind === 'guest.begun') ends.set(event.guest, { guest: event.guest, outcome: null });
    if (event.kind !== 'guest.finished') continue;
    const { guest, outcome, error, ms } = event;
    const reason = error === undefined ? event.reason : `${error.code} ${error.message}`;
    ends.set(guest, { guest, outcome, ms, ...(reason === undefined ? {} : { reason }) });
  }
  return [...ends.values()];
}

/** The first run of a chain of resumed ones, and all that go back to it, the oldest first. */
export function familyOf(records: readonly RunRecord[], id: string): RunRecord[] {
  const known = new Map(records.map((record) => [record.id, record]));
  const rootOf = (from: string): string => {
    const seen = new Set<string>();
    for (let at = from; ;) {
      const before = known.get(at)?.resumes;
      if (before === undefined || !known.has(before) || seen.has(before)) return at;
      seen.add(at);
      at = before;
    }
  };
  const root = rootOf(id);
  return records.filter((record) => rootOf(record.id) === root);
}

/** The guests of the first run that none of its family has brought to a good end. */
export function leftOf(family: readonly RunRecord[]): string[] {
  const done = new Set<string>();
  for (const record of family)
    for (const { guest, outcome } of endsOf(record)) if (outcome && DONE.has(outcome)) done.add(guest);
  return (family[0]?.guests ?? []).filter((guest) => !done.has(guest));
}

/** How a run came to its end; `cut off` is one whose process is gone without a word. */
export function endOf(record: RunRecord, alive: boolean): string {
  for (const { event } of record.events)
    if (event.kind === 'run.finished') return event.exitCode === 130 ? 'interrupted' : `exit ${event.exitCode}`;
  return alive ? 'runs' : 'cut off';
}

import type { ErrorReport, Outcome } from '../../events.ts';
import type { RunRecord, Stamped } from '../../journal/record.ts';
import { guestOrder } from '../plan-fold.ts';
import { RunState } from '../run-state.ts';
import { crashStories, type CrashStory } from './crash-story.ts';
import { severity } from './outcomes.ts';
import { gateWords } from './reboot-table.ts';
import { rolloutStory, type RolloutStory } from './rollout-story.ts';

/** How one guest fared; milliseconds after the start of the run. */
export interface GuestStory {
  readonly guest: string;
  /** null: the journal has no end for it. */
  readonly outcome: Outcome | null;
  readonly changes: number;
  /** null: it was never begun, as far as the journal knows. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly reason?: string;
  readonly error?: ErrorReport;
}

/** A run as a report tells it. */
export interface RunStory extends RolloutStory {
  readonly record: RunRecord;
  readonly state: RunState;
  readonly crashes: readonly CrashStory[];
  /** What each guest's arm gate said last. */
  readonly gates: ReadonlyMap<string, string>;
  /** The worst first, then in the order of the run. */
  readonly guests: readonly GuestStory[];
  /** How long the run took, or until the journal's last word. */
  readonly ms: number;
  /** null: the run was cut off, or still goes on. */
  readonly exitCode: number | null;
}

/** Reads a journal once and remembers what its pages need. */
export function tellRun(record: RunRecord): RunStory {
  const zero = Date.parse(record.startedAt);
  const since = (at: string): number => Math.max(0, Date.parse(at) - zero) || 0;
  const state = new RunState(record.command, false);
  const guests = new Map<string, GuestStory>(record.guests.map((guest) => [guest, unknown(guest)]));
  let exitCode: number | null = null;
  let ms = 0;
  for (const { at, event } of lastWords(record.events)) {
    state.record(event);
    ms = Math.max(ms, since(at));
    if (event.kind === 'run.finished') exitCode = event.exitCode;
    if (!('guest' in event)) continue;
    const known = guests.get(event.guest) ?? unknown(event.guest);
    guests.set(event.guest, {
      ...known,
      startMs: known.startMs ?? Math.max(0, since(at) - (event.kind === 'guest.connected' ? event.ms : 0)),
      ...(event.kind === 'guest.finished' ? ended(event, since(at)) : {}),
    });
  }
  const order = guestOrder(record.guests);
  const sorted = [...guests.values()].sort(
    (a, b) => severity(a.outcome) - severity(b.outcome) || order(a.guest, b.guest),
  );
  return {
    record,
    state,
    crashes: crashStories(record.events),
    gates: gateWords(record.events),
    guests: sorted,
    ms,
    exitCode,
    ...rolloutStory(record.events, since),
  };
}

function unknown(guest: string): GuestStory {
  return { guest, outcome: null, changes: 0, startMs: null, endMs: null };
}

function ended(
  { outcome, changes, ms, reason, error }: Extract<Stamped['event'], { kind: 'guest.finished' }>,
  endMs: number,
): Omit<GuestStory, 'guest'> {
  // One that was never begun has an end without a time in between.
  const startMs = (outcome as string) === 'not-begun' ? null : Math.max(0, endMs - ms);
  return {
    outcome,
    changes,
    startMs,
    endMs: startMs === null ? null : endMs,
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { error }),
  };
}

/** A run that was resumed tells of some guests twice: the later word counts, and a plan that comes again is one plan. */
function lastWords(events: readonly Stamped[]): Stamped[] {
  const last = new Map<string, Stamped>();
  for (const stamped of events) {
    const key = keyOf(stamped);
    if (key !== null) last.set(key, stamped);
  }
  return events.filter((stamped) => {
    const key = keyOf(stamped);
    return key === null || last.get(key) === stamped;
  });
}

function keyOf({ event }: Stamped): string | null {
  if (event.kind === 'guest.finished' || event.kind === 'guest.drift') return JSON.stringify([event.kind, event.guest]);
  return event.kind === 'guest.plan' ? JSON.stringify([event.kind, event.guest, event.plan.hash]) : null;
}

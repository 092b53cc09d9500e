import type { CrashPhase } from '../../events.ts';
import type { Stamped } from '../../journal/record.ts';
import type { EventOf } from '../run-state.ts';

export type Verdict = EventOf<'guest.crash-test'>;

/** A crash on purpose. */
export interface CrashStory {
  readonly guest: string;
  /** Milliseconds from the request to each phase, as seen from the controller. */
  readonly phases: Readonly<Partial<Record<CrashPhase, number>>>;
  /** null: the journal does not say how it ended. */
  readonly verdict: Verdict | null;
}

/** The crashes of a run, those that were not captured first; of a guest that was crashed twice, the later one. */
export function crashStories(events: readonly Stamped[]): CrashStory[] {
  const stories = new Map<string, CrashStory>();
  for (const { event } of events) {
    if (event.kind === 'guest.crash') {
      const { guest, phase, ms } = event;
      const before = phase === 'triggered' ? undefined : stories.get(guest);
      stories.set(guest, { guest, phases: { ...before?.phases, [phase]: ms }, verdict: null });
    } else if (event.kind === 'guest.crash-test') {
      const { guest } = event;
      stories.set(guest, { guest, phases: stories.get(guest)?.phases ?? {}, verdict: event });
    }
  }
  const rank = ({ verdict }: CrashStory): number => (verdict?.failure === null ? 1 : 0);
  return [...stories.values()].sort((a, b) => rank(a) - rank(b));
}

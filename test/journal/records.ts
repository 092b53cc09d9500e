import type { Event, Outcome } from '../../src/events.ts';
import type { RunRecord } from '../../src/journal/record.ts';

export const begun = (guest: string): Event => ({ kind: 'guest.begun', guest });
export const ended = (guest: string, outcome: Outcome): Event => ({
  kind: 'guest.finished',
  guest,
  outcome,
  changes: 0,
  ms: 1,
});

export function recordOf(id: string, guests: readonly string[], events: readonly Event[], resumes?: string): RunRecord {
  return {
    id,
    command: 'apply',
    argv: ['apply'],
    by: 'me@here',
    version: '0.1.0',
    startedAt: '2026-11-24T21:22:00.000Z',
    guests,
    events: events.map((event) => ({ at: '2026-11-24T21:22:01.000Z', event })),
    ...(resumes === undefined ? {} : { resumes }),
  };
}

import type { Event, Outcome } from '../../../src/events.ts';
import { LiveState } from '../../../src/report/live/live-state.ts';

/** An event and when it comes, milliseconds after the start. */
export type Timed = readonly [number, Event];

const STEPS = ['package:kdump-tools', 'file:/etc/default/kdump-tools', 'cmdline:crashkernel', 'sysctl:kernel.sysrq'];

/** How guests end in these runs: mostly well, some not. */
export function outcomeOf(index: number): Outcome {
  return index % 41 === 7 ? 'unreachable' : index % 29 === 3 ? 'failed' : index % 5 === 0 ? 'converged' : 'changed';
}

/**
 * A run as a fleet would send it: so many at once, each connects, has steps, prints lines and ends; how long a guest
 * takes follows from its number. No clock, no chance.
 */
export function fleetEvents(count: number, forks: number, options: { readonly lines?: number } = {}): Timed[] {
  const guests = Array.from({ length: count }, (_, index) => `vm${index + 1}`);
  const events: Timed[] = [[0, { kind: 'run.started', command: 'apply', profile: 'debug-panic', guests }]];
  const free = Array.from({ length: Math.min(forks, count) }, () => 0);
  guests.forEach((guest, index) => {
    const slot = free.indexOf(Math.min(...free));
    let now = free[slot] ?? 0;
    const add = (wait: number, event: Event): void => {
      now += wait;
      events.push([now, event]);
    };
    const outcome = outcomeOf(index);
    add(1, { kind: 'guest.begun', guest });
    if (outcome === 'unreachable') {
      const error = { code: 'E_UNREACHABLE', message: 'connect ECONNREFUSED 192.0.2.4:22' };
      add(3000, { kind: 'guest.finished', guest, outcome, changes: 0, ms: 3000, error });
    } else {
      add(80 + (index % 7) * 20, { kind: 'guest.connected', guest, ms: 80 + (index % 7) * 20 });
      if (outcome !== 'converged') {
        for (const step of STEPS) {
          add(300, { kind: 'guest.step', guest, stage: 0, step, status: 'started' });
          for (let line = 0; line < (options.lines ?? 1); line += 1) {
            add(1, { kind: 'guest.output', guest, line: `${guest} says ${step} line ${line}` });
          }
          add(400 + (index % 13) * 150, { kind: 'guest.step', guest, stage: 0, step, status: 'done' });
        }
      }
      const error =
        outcome === 'failed'
          ? { error: { code: 'E_PACKAGES', message: 'apt-get exited with 100', step: 'package:kdump-tools' } }
          : {};
      add(100, { kind: 'guest.finished', guest, outcome, changes: outcome === 'changed' ? 4 : 0, ms: now, ...error });
    }
    free[slot] = now;
  });
  const end = Math.max(...events.map(([at]) => at)) + 1;
  return [...events.sort(([a], [b]) => a - b), [end, { kind: 'run.finished', outcomes: {}, exitCode: 0, ms: end }]];
}

/** What a view knows after the events up to a moment. */
export function stateAt(events: readonly Timed[], now: number): LiveState {
  const state = new LiveState();
  for (const [at, event] of events) if (at <= now) state.record(event, at);
  return state;
}

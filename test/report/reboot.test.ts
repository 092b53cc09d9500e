import { describe, expect, it } from 'vitest';

import type { Event, RebootPhase } from '../../src/events.ts';
import { formatProgress } from '../../src/report/progress-line.ts';
import { RunState } from '../../src/report/run-state.ts';
import { emptyPlan, finished, runEvents, show } from './plans.ts';

const reboot = (guest: string, phase: RebootPhase, ms: number): Event => ({ kind: 'guest.reboot', guest, phase, ms });
const whole = (guest: string, back: number): Event[] => [
  reboot(guest, 'requested', 0),
  reboot(guest, 'down', 2100),
  reboot(guest, 'answering', back - 3000),
  reboot(guest, 'back', back),
];
const shown = (events: readonly Event[], options = {}): string => {
  const guests = new Set(events.flatMap((event) => ('guest' in event ? [event.guest] : [])));
  return show(
    runEvents(
      [...guests].map((guest) => emptyPlan(guest)),
      events,
      false,
    ),
    options,
  ).stdout;
};

describe('a result after a reboot', () => {
  it('has its timeline', () => {
    expect(shown([...whole('vm1', 44_000), finished('vm1', 'changed', 5)])).toContain(
      '    reboot asked for, down after 2.1 s, answering after 41.0 s, back after 44.0 s\n',
    );
  });

  it('has as much of it as there was', () => {
    const lost = [reboot('vm1', 'requested', 0), reboot('vm1', 'down', 2100), finished('vm1', 'failed')];
    expect(shown(lost)).toContain('    reboot asked for, down after 2.1 s\n');
  });

  it('of several guests is one line still', () => {
    const ends = [finished('vm1', 'changed', 5), finished('vm2', 'changed', 5)];
    expect(shown([...whole('vm1', 44_000), ...whole('vm2', 51_000), ...ends])).toMatch(
      /vm1, vm2 +changed .*\n {4}rebooted, back after 44\.0 to 51\.0 s\n/,
    );
  });
});

it('a pending reboot comes with the command that does it, in one piece', () => {
  const command = `provision apply debug-panic vm1 -i ${'long/'.repeat(30)}inventory.yaml --reboot`;
  const lines = shown([finished('vm1', 'reboot-pending', 5)], { reboot: command }).split('\n');
  expect(lines).toContain(`    ${command}`);
});

describe('the live line', () => {
  const state = (...events: readonly [number, Event][]): RunState => {
    const run = new RunState('apply', false);
    run.record({ kind: 'run.started', command: 'apply', guests: ['vm1', 'vm2', 'vm3'] }, 0);
    for (const [now, event] of events) run.record(event, now);
    return run;
  };
  const connected = (guest: string): Event => ({ kind: 'guest.connected', guest, ms: 0 });

  it('names the guest that is down, and for how long', () => {
    const run = state([0, connected('vm1')], [1000, reboot('vm1', 'requested', 0)]);
    expect(formatProgress(run, 35_000, 100)).toBe('0/3 guests  vm1 rebooting, 34.0 s');
  });

  it('counts several, and still says which other guest is slowest', () => {
    const run = state(
      [0, connected('vm1')],
      [0, connected('vm2')],
      [500, connected('vm3')],
      [1000, reboot('vm1', 'requested', 0)],
      [2000, reboot('vm2', 'requested', 0)],
    );
    expect(formatProgress(run, 11_000, 100)).toBe('0/3 guests  2 rebooting, longest vm1 10.0 s  slowest vm3 10.5 s');
  });

  it('says what the gate waits for once the guest is back', () => {
    const run = state(
      [0, connected('vm1')],
      [0, reboot('vm1', 'requested', 0)],
      [9000, reboot('vm1', 'back', 9000)],
      [9500, { kind: 'guest.gate', guest: 'vm1', state: 'waiting', reason: 'for 120 s of uptime' }],
    );
    expect(formatProgress(run, 10_000, 100)).toBe('0/3 guests  slowest vm1 10.0 s waiting for 120 s of uptime');
  });
});

import { describe, expect, it } from 'vitest';

import type { Event, RebootPhase } from '../../src/events.ts';
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

import { describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { answer, dump } from '../crash/dumps/support/dump.ts';
import { finished, show } from './plans.ts';

function list(events: readonly Event[], guests: readonly string[], verbosity: -1 | 0 = 0): string {
  const all: Event[] = [
    { kind: 'run.started', command: 'dumps list', guests },
    ...events,
    ...guests.map((guest) => finished(guest, 'converged')),
    { kind: 'run.finished', outcomes: { converged: guests.length }, exitCode: 0, ms: 400 },
  ];
  return show(all, { command: 'dumps list', verbosity }).stdout;
}

describe('dumps list', () => {
  it('is a table over the fleet, newest first, with what cannot be read marked', () => {
    const vm1 = answer({
      dumps: [
        dump(),
        dump({
          name: '202611231100',
          ageSeconds: 95_000,
          dump: { name: 'dump.202611231100', size: 0, format: null, incomplete: false },
          panic: 'sysrq triggered crash',
          blocked: null,
          verdict: { valid: false, reason: 'empty: makedumpfile failed in the capture kernel' },
        }),
        dump({
          name: '202611221000',
          ageSeconds: 400_000,
          dump: { name: 'dump.202611221000.gz', size: 39_000_000, format: 'gzip', incomplete: false },
          blocked: { comm: 'evil\u001b[31m', pid: 7, seconds: 20 },
          verdict: { valid: true, note: 'only its gzip container was looked at' },
        }),
      ],
    });
    const events: Event[] = [
      { kind: 'guest.dumps', guest: 'vm2', ...answer({ dumps: [], remote: 'SSH root@dumps' }) },
      { kind: 'guest.dumps', guest: 'vm1', ...vm1 },
      { kind: 'guest.dumps', guest: 'vm3', ...answer({ dumps: [], exists: false }) },
    ];
    expect(list(events, ['vm1', 'vm2', 'vm3'])).toMatchInlineSnapshot(`
      "GUEST  DUMP          AGE        SIZE     VALID  BLOCKED            PANIC
      vm1    202611241200  2 h 5 min  41.3 MB  yes    Xorg:1458 60 s     hung_task: blocked tasks
      vm1    202611231100  1 d 2 h    0.0 MB   NO     -                  sysrq triggered crash
             empty: makedumpfile failed in the capture kernel
      vm1    202611221000  4 d 15 h   39.0 MB  yes    evil\\e[31m:7 20 s  hung_task: blocked tasks
             only its gzip container was looked at
      vm2    no dumps in /var/crash; kdump-tools sends dumps elsewhere: SSH root@dumps
      vm3    no dumps: there is no /var/crash

      3 guests: 3 read, 0 failed (0.4 s)
      "
    `);
  });

  it('has no headings where there is no dump at all', () => {
    const event: Event = { kind: 'guest.dumps', guest: 'vm1', ...answer({ dumps: [] }) };
    expect(list([event], ['vm1'])).toMatchInlineSnapshot(`
      "vm1    no dumps in /var/crash

      1 guest: 1 read, 0 failed (0.4 s)
      "
    `);
  });
});

describe('dumps fetch', () => {
  const fetched = (more: Partial<Extract<Event, { kind: 'guest.fetched' }>>): Event => ({
    kind: 'guest.fetched',
    guest: 'vm1',
    dump: '202611241200',
    state: 'fetched',
    to: 'dumps/vm1/202611241200',
    vmcore: 'vmcore',
    bytes: 41_300_000,
    ms: 3200,
    deleted: false,
    ...more,
  });

  it('has a line for each dump', () => {
    const left = { state: 'left', to: null, vmcore: null, bytes: 0, reason: 'empty: makedumpfile failed' } as const;
    const all: Event[] = [
      { kind: 'run.started', command: 'dumps fetch', guests: ['vm1', 'vm2'] },
      fetched({ dump: '202611231100', ...left }),
      fetched({ deleted: true }),
      fetched({ guest: 'vm2', state: 'present', bytes: 0, ms: 0 }),
      fetched({ guest: 'vm2', bytes: 0, ms: 0 }),
      fetched({ guest: 'vm2', vmcore: null, reason: 'truncated' }),
      finished('vm1', 'changed', 1),
      finished('vm2', 'converged'),
      { kind: 'run.finished', outcomes: { changed: 1, converged: 1 }, exitCode: 0, ms: 400 },
    ];
    expect(show(all, { command: 'dumps fetch' }).stdout).toMatchInlineSnapshot(`
      "vm1  202611231100  not fetched: empty: makedumpfile failed (see --invalid)
      vm1  202611241200  41.3 MB in 3.2 s, 12.9 MB/s; deleted on the guest  dumps/vm1/202611241200/vmcore
      vm2  202611241200  already here  dumps/vm1/202611241200/vmcore
      vm2  202611241200  made readable, nothing transferred  dumps/vm1/202611241200/vmcore
      vm2  202611241200  41.3 MB in 3.2 s, 12.9 MB/s  dumps/vm1/202611241200  invalid: truncated
      2 guests: 1 fetched from, 1 fetched before, 0 failed (0.4 s)
      "
    `);
    expect(show(all, { command: 'dumps fetch', verbosity: -1 }).stdout).toMatchInlineSnapshot(`
      "vm1  202611231100  not fetched: empty: makedumpfile failed (see --invalid)
      2 guests: 1 fetched from, 1 fetched before, 0 failed (0.4 s)
      "
    `);
  });
});

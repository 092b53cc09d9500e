import { describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { finished, show } from './plans.ts';

type CrashTest = Extract<Event, { kind: 'guest.crash-test' }>;

const CAPTURED: CrashTest = {
  kind: 'guest.crash-test',
  guest: 'vm1',
  tag: '031eed17f016',
  mode: 'sysrq',
  timeline: { savedMs: 24_000, rebootedMs: 33_000, backMs: 109_000 },
  checks: [
    { name: 'boot', ok: true, text: 'a new boot answers' },
    { name: 'tag', ok: true, text: 'its dmesg holds the tag 031eed17f016' },
  ],
  dump: null,
  captureLog: [],
  failure: null,
};

function run(event: CrashTest | null, end: Event, verbosity: -1 | 0 | 1 = 0): string {
  const outcome = end.kind === 'guest.finished' ? end.outcome : 'failed';
  const events: Event[] = [
    { kind: 'run.started', command: 'crash-test', guests: ['vm1'] },
    ...(event === null ? [] : [event]),
    end,
    { kind: 'run.finished', outcomes: { [outcome]: 1 }, exitCode: 0, ms: 109_000 },
  ];
  return show(events, { command: 'crash-test', verbosity }).stdout;
}

describe('a crash test', () => {
  it('that was captured is a timeline and its checks', () => {
    expect(run(CAPTURED, finished('vm1', 'captured', 0, 109_000))).toMatchInlineSnapshot(`
      "vm1  crash captured
               0.0 s  triggered: sysrq-c, tag 031eed17f016
              24.0 s  dump saved
              33.0 s  next boot began
          1 min 49 s  back: ssh answers
        ok      a new boot answers
        ok      its dmesg holds the tag 031eed17f016

      1 guest: 1 captured, 0 failed (1 min 49 s)
      "
    `);
  });

  it('that failed shows what the capture kernel said last, more of it when asked', () => {
    const failed: CrashTest = {
      ...CAPTURED,
      checks: [{ name: 'dump', ok: false, text: 'the dump is not valid: empty' }],
      captureLog: Array.from({ length: 40 }, (_, line) => `[   ${line}.0] line ${line}\u001b[31m`),
      failure: 'the dump is not valid: empty',
    };
    const error = { code: 'E_CAPTURE', message: 'the crash was not captured: the dump is not valid: empty' };
    const end = { ...finished('vm1', 'failed', 0, 109_000), error } as Event;
    const text = run(failed, end);
    expect(text).toContain('crash not captured');
    expect(text).toContain('FAILED  the dump is not valid: empty');
    expect(text).toContain('line 39');
    expect(text).not.toContain('line 19\n');
    expect(text).not.toContain('\u001b[31m');
    expect(run(failed, end, 1)).toContain('line 0');
  });

  it('that was refused says why, as there is no plan that could', () => {
    const end = { ...finished('vm1', 'refused', 0, 400), reason: 'kdump is not ready: no memory is reserved' } as Event;
    expect(run(null, end)).toContain('kdump is not ready: no memory is reserved');
  });
});

import type { Event, Outcome } from '../../../src/events.ts';
import type { RunRecord, Stamped } from '../../../src/journal/record.ts';
import { fullPlan } from '../plans.ts';

const START = Date.parse('2026-11-24T21:22:00.000Z');

/** An event so many milliseconds after the start of the run. */
export function at(ms: number, event: unknown): Stamped {
  return { at: new Date(START + ms).toISOString(), event: event as Event };
}

/** A run with a journal that begins and, unless told otherwise, ends. */
export function recordOf(
  guests: readonly string[],
  events: readonly Stamped[],
  changes: Partial<RunRecord> = {},
): RunRecord {
  const started = at(0, { kind: 'run.started', command: 'apply', profile: 'debug-panic', guests });
  return {
    id: '20261124-212200-a1b2c3',
    command: 'apply',
    argv: ['apply', 'debug-panic', '--yes', '--batch', '1,50%'],
    by: 'ops@controller',
    version: '0.1.0',
    startedAt: new Date(START).toISOString(),
    guests,
    events: [started, ...events],
    ...changes,
  };
}

function finished(guest: string, outcome: string, from: number, to: number, more: object = {}): Stamped[] {
  return [
    at(from + 80, { kind: 'guest.connected', guest, ms: 80 }),
    at(to, { kind: 'guest.finished', guest, outcome, changes: 0, ms: to - from, ...more }),
  ];
}

const failure = (code: string, message: string, hint: string, step?: string): object => ({
  reason: message,
  error: { code, message, hint, ...(step === undefined ? {} : { step }) },
});

/** One guest for every outcome that there is, in two batches, and one whose end nobody wrote down. */
export function everyOutcome(): RunRecord {
  const guests = [
    ...['vm1', 'vm2', 'vm3', 'vm4', 'db-primary.rack7.example.net', 'vm6', 'vm7', 'vm8', 'vm9', 'vm10'],
    ...['vm11', 'vm12', 'vm13', 'vm14'],
  ];
  const plan = (guest: string, ms: number): Stamped =>
    at(ms, { kind: 'guest.plan', guest, plan: fullPlan(guest), dryRun: false });
  const lines = ['Reading package lists...', 'E: dpkg was interrupted, you must run dpkg --configure -a'];
  const drifts = [
    { kind: 'sysctl', subject: 'kernel.sysrq', desired: '1', actual: '438' },
    { kind: 'file', subject: '/etc/provision/arm.conf', desired: 'sha256 1f', actual: 'differs' },
    { kind: 'kdump', subject: 'kdump', desired: 'a crash kernel is loaded', actual: 'none is loaded' },
  ];
  return recordOf(guests, [
    at(10, { kind: 'batch.started', batch: 1, of: 2, name: 'canary', guests: ['vm1'] }),
    plan('vm1', 300),
    ...finished('vm1', 'changed', 10, 41_000, { changes: 12 }),
    at(41_000, { kind: 'batch.finished', batch: 1, failed: 0, ms: 40_990 }),
    at(43_000, { kind: 'rollout.gate', batch: 1, passed: true }),
    at(43_010, { kind: 'batch.started', batch: 2, of: 2, name: 'batch 2 of 2', guests: guests.slice(1, 12) }),
    plan('vm2', 43_300),
    plan('vm4', 43_310),
    ...finished('vm2', 'reboot-pending', 43_020, 80_000, { changes: 12, reason: 'crashkernel=256M' }),
    ...finished('vm3', 'converged', 43_020, 43_800),
    ...lines.map((line) => at(60_000, { kind: 'guest.output', guest: 'vm4', line })),
    ...finished('vm4', 'failed', 43_020, 61_000, {
      changes: 1,
      ...failure('E_PACKAGES', 'apt could not install kdump-tools', 'run dpkg --configure -a there', 'package:install'),
    }),
    ...finished('db-primary.rack7.example.net', 'skipped', 43_020, 43_900, { reason: 'no virtio_gpu driver' }),
    at(53_020, {
      kind: 'guest.finished',
      guest: 'vm6',
      outcome: 'unreachable',
      changes: 0,
      ms: 10_000,
      ...failure('E_UNREACHABLE', 'connection refused by 192.0.2.16:22', 'is sshd running there?'),
    }),
    ...finished('vm7', 'refused', 43_020, 44_000, { reason: 'no GRUB: the reservation cannot be made' }),
    ...finished('vm8', 'interrupted', 43_020, 70_000, failure('E_INTERRUPTED', 'stopped by Ctrl-C', 'run it again')),
    at(44_000, { kind: 'guest.drift', guest: 'vm9', drifts, findings: [] }),
    ...finished('vm9', 'drifted', 43_020, 44_100),
    ...finished('vm10', 'planned', 43_020, 44_200, { changes: 12 }),
    ...finished('vm11', 'captured', 43_020, 85_000),
    at(43_500, { kind: 'guest.connected', guest: 'vm12', ms: 100 }),
    at(86_000, { kind: 'batch.finished', batch: 2, failed: 4, ms: 43_000 }),
    at(86_000, { kind: 'rollout.stopped', reason: '4 of 14 guests failed: the budget is 4', notBegun: 1 }),
    at(86_010, { kind: 'guest.finished', guest: 'vm13', outcome: 'not-begun', changes: 0, ms: 0 }),
    at(86_100, { kind: 'run.finished', outcomes: {}, exitCode: 1, ms: 86_100 }),
  ]);
}

/** Crash tests: one captured, one not, one that nobody saw the end of. */
export function crashTests(): RunRecord {
  const guests = ['vm1', 'vm2', 'vm3'];
  const went = (guest: string, phases: Readonly<Record<string, number>>): Stamped[] =>
    Object.entries(phases).map(([phase, ms]) => at(1000 + ms, { kind: 'guest.crash', guest, phase, ms }));
  const test = (guest: string, more: object): object => ({
    kind: 'guest.crash-test',
    guest,
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
    ...more,
  });
  const why = 'nothing was written to /var/crash';
  return recordOf(
    guests,
    [
      ...went('vm1', { triggered: 0, down: 1100, answering: 104_000, back: 109_000 }),
      at(110_000, test('vm1', {})),
      ...finished('vm1', 'captured', 0, 110_000),
      ...went('vm2', { triggered: 0, down: 1200, answering: 60_000, back: 64_000 }),
      at(
        66_000,
        test('vm2', {
          mode: 'hang',
          timeline: { savedMs: null, rebootedMs: 40_000, backMs: 64_000 },
          checks: [
            { name: 'boot', ok: true, text: 'a new boot answers' },
            { name: 'directory', ok: false, text: why },
          ],
          captureLog: [
            '[    1.204112] Out of memory: Killed process 71 (makedumpfile)',
            '[    1.3] reboot: Restarting system',
          ],
          failure: why,
        }),
      ),
      ...finished(
        'vm2',
        'failed',
        0,
        66_100,
        failure('E_CAPTURE', `the crash was not captured: ${why}`, 'reserve more'),
      ),
      ...went('vm3', { triggered: 0, down: 900 }),
    ],
    { command: 'crash-test', argv: ['crash-test', 'vm[1-3]'] },
  );
}

/** An apply with reboots: one armed, one still waiting, one that never came back. */
export function reboots(): RunRecord {
  const guests = ['vm1', 'vm2', 'db-primary.rack7.example.net'];
  const went = (guest: string, phases: Readonly<Record<string, number>>): Stamped[] =>
    Object.entries(phases).map(([phase, ms]) => at(9000 + ms, { kind: 'guest.reboot', guest, phase, ms }));
  const gate = (guest: string, state: string, reason: string): Stamped =>
    at(60_000, { kind: 'guest.gate', guest, state, reason });
  return recordOf(guests, [
    ...went('vm1', { requested: 0, down: 2100, answering: 41_000, back: 44_000 }),
    gate('vm1', 'waiting', 'for 80 s more'),
    gate('vm1', 'armed', 'a crash kernel is loaded'),
    ...finished('vm1', 'changed', 0, 130_000, { changes: 12 }),
    ...went('vm2', { requested: 0, down: 2300, answering: 43_000, back: 47_000 }),
    gate('vm2', 'waiting', 'for a crash kernel'),
    ...finished(
      'vm2',
      'failed',
      0,
      300_000,
      failure('E_NOT_ARMED', 'not armed: still waiting for a crash kernel', 'see journalctl'),
    ),
    ...went('db-primary.rack7.example.net', { requested: 0, down: 2600 }),
    ...finished(
      'db-primary.rack7.example.net',
      'failed',
      0,
      600_000,
      failure('E_UNREACHABLE', 'it did not come back', 'see its console'),
    ),
    at(600_000, { kind: 'run.finished', outcomes: {}, exitCode: 1, ms: 600_000 }),
  ]);
}

/** So many guests in batches of fifty; every twenty-fifth fails. */
export function manyGuests(n: number): RunRecord {
  const guests = Array.from({ length: n }, (_, index) => `vm${index + 1}`);
  const batches = Array.from({ length: Math.ceil(n / 50) }, (_, index) => guests.slice(index * 50, index * 50 + 50));
  const events = batches.flatMap((batch, number) => {
    const from = number * 30_000;
    return [
      at(from, {
        kind: 'batch.started',
        batch: number + 1,
        of: batches.length,
        name: `batch ${number + 1} of ${batches.length}`,
        guests: batch,
      }),
      ...batch.flatMap((guest, index) => {
        const to = from + 9_000 + ((index * 7_919) % 20_000);
        const bad = index % 25 === 24;
        return [
          at(from + 200, { kind: 'guest.plan', guest, plan: fullPlan(guest), dryRun: false }),
          ...Array.from({ length: 12 }, (_, line) =>
            at(to - 100, { kind: 'guest.output', guest, line: `Setting up package ${line} ...` }),
          ),
          ...finished(guest, bad ? 'failed' : 'changed', from + index * 20, to, {
            changes: 12,
            ...(bad ? failure('E_DISK_FULL', `no space left on ${guest}:/var`, 'make room in /var') : {}),
          }),
        ];
      }),
      at(from + 29_500, { kind: 'batch.finished', batch: number + 1, failed: 2, ms: 29_500 }),
    ];
  });
  const end = batches.length * 30_000;
  return recordOf(guests, [...events, at(end, { kind: 'run.finished', outcomes: {}, exitCode: 1, ms: end })]);
}

/** A run in which everything that a guest, a file or a name can bring says the same. */
export function saying(words: string): RunRecord {
  const error = { code: words, message: words, hint: words, step: words };
  const plan = fullPlan(words, {
    system: words,
    findings: [{ level: 'note', code: words, subject: words, text: words, hint: words }],
    stages: [
      {
        title: words,
        steps: [
          {
            id: words,
            kind: 'sysctl',
            risk: 'none',
            undo: words,
            note: words,
            key: words,
            before: words,
            after: words,
            boot: null,
          },
          {
            id: words,
            kind: 'file',
            risk: 'none',
            undo: words,
            path: words,
            before: null,
            after: { text: words, sha256: words, mode: '0755', uid: 0, gid: 0 },
          },
        ],
      },
    ],
  });
  const drift = { kind: 'sysctl', subject: words, desired: words, actual: words };
  return recordOf(
    [words],
    [
      at(1, { kind: 'batch.started', batch: 1, of: 1, name: words, guests: [words] }),
      at(2, { kind: 'guest.connected', guest: words, ms: 1 }),
      at(3, { kind: 'guest.plan', guest: words, plan, dryRun: false }),
      at(4, { kind: 'guest.output', guest: words, line: words }),
      at(5, { kind: 'guest.drift', guest: words, drifts: [drift], findings: plan.findings }),
      at(5, { kind: 'guest.reboot', guest: words, phase: 'down', ms: 1 }),
      at(5, { kind: 'guest.gate', guest: words, state: 'refused', reason: words }),
      at(5, {
        kind: 'guest.crash-test',
        guest: words,
        tag: words,
        mode: 'sysrq',
        timeline: { savedMs: 1, rebootedMs: null, backMs: null },
        checks: [{ name: 'boot', ok: false, text: words }],
        dump: null,
        captureLog: [words],
        failure: `because ${words}`,
      }),
      at(6, {
        kind: 'guest.finished',
        guest: words,
        outcome: 'failed' satisfies Outcome,
        changes: 1,
        ms: 5,
        reason: `because ${words}`,
        error,
      }),
      at(7, { kind: 'rollout.gate', batch: 1, passed: false, reason: words }),
      at(8, { kind: 'rollout.stopped', reason: words, notBegun: 0 }),
      at(9, { kind: 'run.finished', outcomes: { failed: 1 }, exitCode: 1, ms: 9 }),
    ],
    { id: words, command: words, argv: [words], by: words, version: words },
  );
}

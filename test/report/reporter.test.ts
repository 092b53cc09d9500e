import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { Finding } from '../../src/plan/plan.ts';
import { emptyPlan, finished, fullPlan, runEvents, show } from './plans.ts';

const NO_GRUB: Finding = {
  level: 'refusal',
  code: 'no-grub',
  subject: 'crashkernel',
  text: 'crashkernel=256M has to be on the kernel command line, and no bootloader was found (only GRUB is known)',
  hint: 'put crashkernel=256M there by hand and reboot, or --skip kdump',
};

describe('dry-run', () => {
  it('shows one block for guests that need the same', () => {
    const plans = [fullPlan('vm1'), fullPlan('vm2')];
    const ends = [finished('vm1', 'planned', 9), finished('vm2', 'planned', 9)];
    expect(show(runEvents(plans, ends, true)).stdout).toMatchInlineSnapshot(`
      "vm1, vm2: the same 9 changes            Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu
       stage 1: install and reserve
        + package  kdump-tools 1:1.8.1  kexec-tools 1:2.0.25-3+b1  makedumpfile 1:1.7.2-1
                   libdw1 0.188-2.1  libsnappy1v5 1.1.9-3
                     12.4 MB to fetch, 41.2 MB on disk; risk: service
             upgrades libelf1 0.188-2 -> 0.188-2.1
        ~ file     /etc/default/kdump-tools
              # kdump-tools configuration
              USE_KDUMP=1
             -#KDUMP_NUM_DUMPS=
             +KDUMP_NUM_DUMPS=5

              KDUMP_COREDIR="/var/crash"
        + file     /usr/local/lib/provision/arm   mode 0755; the gate: arms only once kdump is ready
             +#!/bin/sh
             +set -eu
        ~ cmdline  next boot   (kernel 54 + initrd 70 + userspace 96 + bitmaps 2, rounded up to 64)
             - crashkernel=384M-:128M
             + crashkernel=256M
        ! reboot   needed: crashkernel=256M is reserved at boot
       stage 2: once kdump is ready
        ~ sysctl   kernel.sysrq                    438 -> 1
                     at boot /usr/lib/sysctl.d/50-default.conf:12 wins today
        ~ unit     provision-arm.service   absent -> enabled, active
                     reload, enable, start; arms once a crash kernel is loaded and the guest is up for 2
                     min; stays disarmed after 3 crashes in 1 h; risk: panic
        ~ sysctl   kernel.hung_task_panic            0 -> 1    armed
        ~ sysctl   kernel.hung_task_timeout_secs   120 -> 60   armed
        ~ sysctl   kernel.panic_on_warn              0 -> 1    armed; any driver WARN panics the guest
        ! conflict kernel.panic   /etc/sysctl.d/99-sysctl.conf:4 (a link to /etc/sysctl.conf) sets 0 and
                                  wins at the next boot; --adopt comments it out and keeps a backup
        . skipped  kernel.hardlockup_panic   no hard lockup detector in this KVM guest; drop panic.on
                                             hardlockup from the profile for this guest
          note     debug symbols   linux-image-6.1.0-56-amd64-dbg stays off the guest; the controller
                                   fetches it when a dump is read

      Nothing was changed. 2 would change, 0 are as desired. Next: provision apply debug-panic vm1 vm2
      "
    `);
  });

  it('shows refusals first and the plan all the same', () => {
    const plan = fullPlan('vm1', { findings: [NO_GRUB], stages: fullPlan('vm1').stages.slice(1) });
    expect(show(runEvents([plan], [finished('vm1', 'planned', 5)], true)).stdout).toMatchInlineSnapshot(`
      "vm1: 5 changes, and an apply would be refused   Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu
        ! refused  crashkernel
                     crashkernel=256M has to be on the kernel command line, and no bootloader was found
                     (only GRUB is known); put crashkernel=256M there by hand and reboot, or --skip kdump
       stage 1: once kdump is ready
        ~ sysctl   kernel.sysrq                    438 -> 1
                     at boot /usr/lib/sysctl.d/50-default.conf:12 wins today
        ~ unit     provision-arm.service   absent -> enabled, active
                     reload, enable, start; arms once a crash kernel is loaded and the guest is up for 2
                     min; stays disarmed after 3 crashes in 1 h; risk: panic
        ~ sysctl   kernel.hung_task_panic            0 -> 1    armed
        ~ sysctl   kernel.hung_task_timeout_secs   120 -> 60   armed
        ~ sysctl   kernel.panic_on_warn              0 -> 1    armed; any driver WARN panics the guest

      Nothing was changed. 0 would change, 0 are as desired, 1 would be refused.
      "
    `);
  });

  it('says so when nothing would change', () => {
    const guests = Array.from({ length: 50 }, (_, i) => `vm${i + 1}`);
    const { stdout } = show(
      runEvents(
        guests.map(emptyPlan),
        guests.map((guest) => finished(guest, 'converged')),
        true,
      ),
      { next: 'provision apply debug-panic' },
    );
    expect(stdout).toMatchInlineSnapshot(`
      "vm[1-50] (50 guests): as desired        Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu

      Nothing was changed. 0 would change, 50 are as desired.
      "
    `);
  });

  it('suggests the command that the caller knows, flags included', () => {
    const { stdout } = show(runEvents([fullPlan('vm1')], [finished('vm1', 'planned', 9)], true), {
      next: 'provision apply debug-panic vm1 -i lab.yaml',
      verbosity: -1,
    });
    expect(stdout).toMatchInlineSnapshot(`
      "Nothing was changed. 1 would change, 0 are as desired.
      Next: provision apply debug-panic vm1 -i lab.yaml
      "
    `);
  });
});

describe('apply', () => {
  const unreachable: Event = {
    kind: 'guest.finished',
    guest: 'vm4',
    outcome: 'unreachable',
    changes: 0,
    ms: 9000,
    error: { code: 'E_UNREACHABLE', message: 'connect ECONNREFUSED 192.0.2.4:22', hint: 'is sshd running there?' },
  };
  const failed: readonly Event[] = [
    { kind: 'guest.connected', guest: 'vm3', ms: 80 },
    { kind: 'guest.step', guest: 'vm3', stage: 0, step: 'package:install', status: 'started' },
    ...Array.from({ length: 15 }, (_, i): Event => ({
      kind: 'guest.output',
      guest: 'vm3',
      line: `apt line ${i} \u001b[31m`,
    })),
    { kind: 'guest.step', guest: 'vm3', stage: 0, step: 'package:install', status: 'failed', message: 'exit 100' },
    {
      kind: 'guest.finished',
      guest: 'vm3',
      outcome: 'failed',
      changes: 0,
      ms: 72_000,
      error: { code: 'E_PACKAGES', message: 'apt-get exited with 100', step: 'package:install', hint: 'run it again' },
    },
  ];
  const small = (guest: string) => fullPlan(guest, { findings: [], stages: fullPlan(guest).stages.slice(1) });
  const ends = [
    finished('vm1', 'changed', 5),
    finished('vm2', 'reboot-pending', 5),
    ...failed,
    unreachable,
    finished('vm5', 'changed', 5, 3900),
    finished('vm6', 'converged', 0, 300),
  ];
  const run = runEvents([small('vm1'), small('vm2'), small('vm3'), small('vm5'), emptyPlan('vm6')], ends, false);

  it('shows what was done, how each guest ended, and a summary', () => {
    expect(show(run).stdout).toMatchInlineSnapshot(`
      "vm[1-3,5] (4 guests): the same 5 changes   Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu
       stage 1: once kdump is ready
        ~ sysctl   kernel.sysrq                    438 -> 1
                     at boot /usr/lib/sysctl.d/50-default.conf:12 wins today
        ~ unit     provision-arm.service   absent -> enabled, active
                     reload, enable, start; arms once a crash kernel is loaded and the guest is up for 2
                     min; stays disarmed after 3 crashes in 1 h; risk: panic
        ~ sysctl   kernel.hung_task_panic            0 -> 1    armed
        ~ sysctl   kernel.hung_task_timeout_secs   120 -> 60   armed
        ~ sysctl   kernel.panic_on_warn              0 -> 1    armed; any driver WARN panics the guest

      vm1, vm5  changed         5 changes  3.9 to 4.1 s
      vm2       reboot pending  5 changes  4.1 s
          to do: reboot vm2 when the users can spare it, then check: provision verify debug-panic vm2
      vm3       failed          E_PACKAGES  step package:install  1 min 12 s
          apt-get exited with 100
          | apt line 5 \\e[31m
          | apt line 6 \\e[31m
          | apt line 7 \\e[31m
          | apt line 8 \\e[31m
          | apt line 9 \\e[31m
          | apt line 10 \\e[31m
          | apt line 11 \\e[31m
          | apt line 12 \\e[31m
          | apt line 13 \\e[31m
          | apt line 14 \\e[31m
          hint: run it again
      vm4       unreachable     E_UNREACHABLE  9.0 s
          connect ECONNREFUSED 192.0.2.4:22
          hint: is sshd running there?
      vm6       as desired      0.3 s

      6 guests: 2 changed, 1 as desired, 1 reboot pending, 1 unreachable, 1 failed (4.1 s)
      "
    `);
  });

  it('shows failures and the summary only with -q', () => {
    expect(show(run, { verbosity: -1 }).stdout).toMatchInlineSnapshot(`
      "vm3  failed       E_PACKAGES  step package:install  1 min 12 s
          apt-get exited with 100
          | apt line 5 \\e[31m
          | apt line 6 \\e[31m
          | apt line 7 \\e[31m
          | apt line 8 \\e[31m
          | apt line 9 \\e[31m
          | apt line 10 \\e[31m
          | apt line 11 \\e[31m
          | apt line 12 \\e[31m
          | apt line 13 \\e[31m
          | apt line 14 \\e[31m
          hint: run it again
      vm4  unreachable  E_UNREACHABLE  9.0 s
          connect ECONNREFUSED 192.0.2.4:22
          hint: is sshd running there?

      6 guests: 2 changed, 1 as desired, 1 reboot pending, 1 unreachable, 1 failed (4.1 s)
      "
    `);
  });

  it('tells what happens as it happens with -v, on stderr', () => {
    const { stderr } = show(run, { verbosity: 1 });
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      'vm3 connected in 0.1 s',
      'vm3 ... package:install',
      'vm3 | apt line 0 \\e[31m',
    ]);
  });

  it('does not show stages of a refused plan, because they are not done', () => {
    const { stdout } = show(runEvents([fullPlan('vm1', { findings: [NO_GRUB] })], [finished('vm1', 'refused')], false));
    expect(stdout).toContain('vm1: refused, nothing is done');
    expect(stdout).toContain('! refused  crashkernel');
    expect(stdout).not.toContain('stage 1');
  });

  it('is quiet about guests that were as desired', () => {
    const quiet = show(runEvents([emptyPlan('vm1')], [finished('vm1', 'converged', 0, 300)], false)).stdout;
    expect(quiet).toMatchInlineSnapshot(`
      "vm1  as desired  0.3 s

      1 guest: 0 changed, 1 as desired, 0 failed (4.1 s)
      "
    `);
  });

  it('counts guests that were never reached', () => {
    const events: Event[] = [
      { kind: 'run.started', command: 'apply', guests: ['a', 'b', 'c'] },
      finished('a', 'changed', 1, 100),
      { kind: 'run.finished', outcomes: { changed: 1 }, exitCode: 130, ms: 100 },
    ];
    expect(show(events).stdout).toContain('3 guests: 1 changed, 0 as desired, 0 failed, 2 not reached (0.1 s)');
  });
});

describe('verify', () => {
  it('shows differences of guests that differ alike once', () => {
    const drift = (guest: string): Event => ({
      kind: 'guest.drift',
      guest,
      drifts: [
        { kind: 'sysctl', subject: 'kernel.sysrq', desired: '1', actual: '438' },
        { kind: 'armed', subject: 'kernel.hung_task_panic', desired: '1', actual: '0' },
        { kind: 'file', subject: '/usr/local/lib/provision/arm', desired: 'as planned', actual: 'differs' },
        { kind: 'cmdline', subject: 'next boot', desired: 'ro quiet crashkernel=256M', actual: 'ro quiet' },
        { kind: 'boot-conflict', subject: 'kernel.panic', desired: 'as the profile says', actual: 'x sets 0' },
      ],
      findings: fullPlan(guest).findings,
    });
    const events: Event[] = [
      { kind: 'run.started', command: 'verify', profile: 'debug-panic', guests: ['vm1', 'vm2', 'vm3'] },
      drift('vm2'),
      { kind: 'guest.drift', guest: 'vm3', drifts: [], findings: [] },
      drift('vm1'),
      ...[finished('vm2', 'drifted'), finished('vm3', 'converged'), finished('vm1', 'drifted')],
      { kind: 'run.finished', outcomes: { drifted: 2, converged: 1 }, exitCode: 3, ms: 1234 },
    ];
    expect(show(events, { command: 'verify' }).stdout).toMatchInlineSnapshot(`
      "vm1, vm2: the same 5 differences
        ~ sysctl   kernel.sysrq                   is 438    should be 1
        ~ sysctl   kernel.hung_task_panic         is 0      should be 1
        ~ file     /usr/local/lib/provision/arm   differs   from what the profile writes
        ~ cmdline  next boot                      is none   should be crashkernel=256M
        ! conflict kernel.panic   /etc/sysctl.d/99-sysctl.conf:4 (a link to /etc/sysctl.conf) sets 0 and
                                  wins at the next boot; --adopt comments it out and keeps a backup
        . skipped  kernel.hardlockup_panic   no hard lockup detector in this KVM guest; drop panic.on
                                             hardlockup from the profile for this guest

      vm3: as desired

      3 guests: 2 differ, 1 as desired, 0 failed (1.2 s). Next: provision apply debug-panic vm1 vm2
      "
    `);
  });
});

describe('any run', () => {
  const order = fc.shuffledSubarray(
    Array.from({ length: 12 }, (_, i) => i),
    { minLength: 12 },
  );

  it('looks the same whatever order guests come in', () => {
    const guests = Array.from({ length: 12 }, (_, i) => `vm${i}`);
    const plans = guests.map((guest, i) => (i % 3 === 0 ? emptyPlan(guest) : fullPlan(guest)));
    const ends = guests.map((guest, i) => finished(guest, i % 3 === 0 ? 'converged' : 'planned', i % 3 && 9));
    const events = runEvents(plans, ends, true);
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last) throw new Error('no events');
    const expected = show(events).stdout;
    fc.assert(
      fc.property(order, order, (a, b) => {
        const middle = [...a.map((i) => events[1 + i]), ...b.map((i) => events[13 + i])].filter((e) => e !== undefined);
        expect(show([first, ...middle, last]).stdout).toBe(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('never passes a control character of a guest to the terminal', () => {
    const nasty = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        nasty,
        fc.constantFrom(true, false),
        fc.constantFrom(-1 as const, 0 as const, 1 as const),
        (text, dryRun, verbosity) => {
          const events = runEvents([fullPlan('vm1')], [finished('vm1', dryRun ? 'planned' : 'failed', 9)], dryRun);
          const poisoned = poison([...events.slice(0, -1), drift, output, ...events.slice(-1)], text);
          const { stdout, stderr } = show(poisoned, { verbosity });
          expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        },
      ),
    );
  });

  const drift: Event = {
    kind: 'guest.drift',
    guest: 'vm1',
    drifts: [{ kind: 'sysctl', subject: 'kernel.sysrq', desired: '1', actual: '438' }],
    findings: [],
  };
  const output: Event = { kind: 'guest.output', guest: 'vm1', line: 'x' };

  it('is the same text in colour once the colour is taken away', () => {
    const events = runEvents([fullPlan('vm1')], [finished('vm1', 'planned', 9)], true);
    const coloured = show(events, { color: true }).stdout;
    expect(coloured).toContain('\u001b[32m');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(show(events).stdout);
  });

  it('stays inside the terminal, file content excepted', () => {
    const events = runEvents([fullPlan('vm1')], [finished('vm1', 'planned', 9)], true);
    const stdout = { text: '', columns: 80, write: (text: string) => (stdout.text += text) };
    show(events, { stdout });
    expect(stdout.text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

/** The same events with a text put into every string of theirs that is not a keyword. */
function poison(events: readonly Event[], text: string): Event[] {
  const keep = new Set(['kind', 'level', 'goal', 'risk', 'action', 'status', 'outcome', 'actions', 'command']);
  const json = JSON.stringify(events, (key, value: unknown) =>
    typeof value === 'string' && !keep.has(key) && !/^\d+$/.test(key) ? `${value}${text}` : value,
  );
  return JSON.parse(json) as Event[];
}

import { describe, expect, it } from 'vitest';

import { judgeBoot, STARTING_LIMIT_S, type BootLook, type RebootAsked } from '../../src/crash/boot-proof.ts';

const OLD = '11111111-2222-3333-4444-555555555555';
const NEW = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';

const asked: RebootAsked = {
  bootId: OLD,
  machineId: 'm1',
  elapsedSeconds: 60,
  mismatch: (cmdline) => (cmdline.includes('crashkernel=256M') ? null : 'its command line has no crashkernel='),
};
const up: BootLook = {
  bootId: NEW,
  machineId: 'm1',
  cmdline: 'root=UUID=1 ro crashkernel=256M',
  uptimeSeconds: 40,
  captureKernel: false,
  bootIdAgain: NEW,
  system: 'running',
  stopping: [],
  givenUp: null,
};

describe('judgeBoot', () => {
  const cases: [what: string, look: Partial<BootLook>, kind: string, text: string | RegExp][] = [
    ['a new boot that is up', {}, 'back', 'up for 40 s'],
    ['one with a failed unit', { system: 'degraded' }, 'back', 'up for 40 s'],
    ['one without systemd', { system: null }, 'back', 'up for 40 s'],
    ['the old boot', { bootId: OLD, bootIdAgain: null }, 'same-boot', /never went down/],
    [
      'the old boot, held up',
      { bootId: OLD, stopping: ['a.service', 'b.mount'] },
      'same-boot',
      /a\.service, b\.mount$/,
    ],
    ['the old boot, not crashed after all', { bootId: OLD, givenUp: 'no loop device' }, 'given-up', /^no loop device$/],
    ['a new boot, whatever the old one said', { givenUp: 'no loop device' }, 'back', 'up for 40 s'],
    ['no boot id', { bootId: '' }, 'booting', /without a boot id/],
    ['half a boot id', { bootId: 'aaaaaaaa-bbbb' }, 'booting', /without a boot id/],
    ['a capture kernel', { captureKernel: true, bootIdAgain: null, cmdline: '' }, 'capture-kernel', /saving a dump/],
    ['a boot that is not over', { system: 'starting' }, 'booting', /system is starting/],
    ['a boot too young to say', { system: '' }, 'booting', /not ready/],
    ['one that goes down again', { system: 'stopping' }, 'booting', /system is stopping/],
    ['a rescue shell', { system: 'maintenance' }, 'booting', /maintenance/],
    ['one that went away between two looks', { bootIdAgain: null }, 'booting', /went away again/],
    ['another boot at the second look', { bootIdAgain: OLD }, 'booting', /went away again/],
    ['one without our argument', { cmdline: 'root=UUID=1 ro' }, 'wrong', /no crashkernel=/],
    ['one up for longer than it can be', { uptimeSeconds: 71 }, 'wrong', /71 s of uptime, 60 s after/],
    ['clocks that differ a little', { uptimeSeconds: 69 }, 'back', 'up for 69 s'],
    ['another machine', { machineId: 'm2' }, 'wrong', /another machine/],
    ['another machine, before its boot is looked at', { machineId: 'm2', bootId: OLD }, 'wrong', /another machine/],
    ['a machine without an id', { machineId: '' }, 'back', 'up for 40 s'],
  ];

  it.each(cases)('%s', (_what, look, kind, text) => {
    const verdict = judgeBoot(asked, { ...up, ...look });
    expect(verdict.kind).toBe(kind);
    expect(verdict.text).toMatch(text);
  });

  it('does not wait for ever for a job that never ends', () => {
    const late = { ...asked, elapsedSeconds: STARTING_LIMIT_S + 60 };
    const starting = { ...up, system: 'starting' };
    expect(judgeBoot(late, { ...starting, uptimeSeconds: STARTING_LIMIT_S - 1 }).kind).toBe('booting');
    expect(judgeBoot(late, { ...starting, uptimeSeconds: STARTING_LIMIT_S }).kind).toBe('back');
  });

  it('says where to look when the wrong entry was booted', () => {
    expect(judgeBoot(asked, { ...up, cmdline: '' }).hint).toContain('GRUB_DEFAULT');
  });
});

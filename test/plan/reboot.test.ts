import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import type { RebootStep } from '../../src/plan/plan.ts';
import { cmdlineMismatch, whyStillPending } from '../../src/plan/reboot.ts';
import { releaseStep } from '../../src/plan/resources/kdump.ts';
import { planRollback } from '../../src/plan/rollback.ts';
import { bareFacts, MIB } from './support/facts.ts';
import { file, filesOf } from './support/guest-model.ts';

const step = (crashkernel?: string | null): RebootStep => ({
  id: 'reboot:crashkernel',
  kind: 'reboot',
  risk: 'reboot',
  undo: 'none',
  reason: `crashkernel=${crashkernel ?? ''} is reserved at boot`,
  ...(crashkernel === undefined ? {} : { crashkernel }),
});
const booted = (cmdline: string, mib: number): Facts => {
  const bare = bareFacts();
  return { ...bare, cmdline, kexec: { ...bare.kexec, crashSize: mib * MIB } };
};

describe('cmdlineMismatch', () => {
  it.each([
    ['256M', 'ro crashkernel=256M', null],
    ['256M', 'ro crashkernel=128M crashkernel=256M', null],
    ['256M', 'ro crashkernel=256M crashkernel=128M', /has crashkernel=128M, where crashkernel=256M/],
    ['256M', 'ro quiet', /has no crashkernel=, where crashkernel=256M/],
    ['256M', 'ro crashkernel=2560M', /has crashkernel=2560M/],
    [null, 'ro quiet', null],
    [null, 'ro crashkernel=256M', /where no crashkernel= was to be/],
    [undefined, 'ro crashkernel=256M', null],
  ])('%s wanted, %s booted', (wanted, cmdline, mismatch) => {
    const said = cmdlineMismatch(step(wanted), cmdline);
    if (mismatch === null) expect(said).toBeNull();
    else expect(said).toMatch(mismatch);
  });
});

describe('whyStillPending', () => {
  it.each([
    ['the argument was lost', '256M', '256M', booted('ro', 0), /has no crashkernel=/],
    ['the kernel found no room', '256M', '256M', booted('ro crashkernel=256M', 0), /nothing is reserved/],
    ['it got less', '512M', '512M', booted('ro crashkernel=512M', 256), /only 256 MiB are reserved/],
    ['more is wanted now', '256M', '320M', booted('ro crashkernel=256M', 256), /another size .*crashkernel=320M/],
  ])('%s', (_what, asked, left, facts, text) => {
    const why = whyStillPending(step(asked), step(left), facts);
    expect(why.text).toMatch(text);
    expect(why.hint).not.toBe('');
  });
});

describe('releaseStep', () => {
  const dropIn = filesOf(file('/etc/default/grub.d/zz-provision.cfg', 'crashkernel=256M\n'));
  const at = (mib: number, cmdline: string, nextCmdline: string | null, files: Facts['files'] = {}): Facts => ({
    ...booted(cmdline, mib),
    nextCmdline,
    files,
  });

  it.each([
    ['nothing is reserved', at(0, 'ro crashkernel=256M', 'ro')],
    ['the next boot reserves the same', at(256, 'ro crashkernel=256M', 'ro crashkernel=256M')],
    ['nobody knows of the next boot', at(256, 'ro crashkernel=256M', null)],
    ['ours waits for its first boot', at(128, 'ro crashkernel=128M', 'ro crashkernel=256M', dropIn)],
  ])('is none where %s', (_what, facts) => {
    expect(releaseStep(facts)).toBeNull();
  });

  it('is due while ours is reserved, and cannot yet say what comes after', () => {
    const due = releaseStep(at(256, 'ro crashkernel=256M', 'ro crashkernel=256M', dropIn));
    expect(due?.reason).toContain('256 MiB');
    expect(due).not.toHaveProperty('crashkernel');
  });

  it.each([
    ['ro', null],
    ['ro crashkernel=384M-:128M', '384M-:128M'],
  ])('is due after the files are gone, and says what the boot of "%s" has to have', (next, crashkernel) => {
    expect(releaseStep(at(256, 'ro crashkernel=256M', next))).toMatchObject({ crashkernel });
  });

  it('is all that a second rollback finds', () => {
    const { stages } = planRollback('vm1', at(256, 'ro crashkernel=256M', 'ro'), { purge: false });
    expect(stages.flatMap(({ steps }) => steps.map(({ id }) => id))).toEqual(['reboot:crashkernel']);
  });
});

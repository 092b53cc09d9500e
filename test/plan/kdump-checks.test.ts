import { describe, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import type { Finding } from '../../src/plan/plan.ts';
import { aptFor, bareFacts, MIB } from './support/facts.ts';
import { file, filesOf, KDUMP_CONFIG, KDUMP_DEFAULT } from './support/guest-model.ts';
import { planFor, type Circumstances } from './support/planning.ts';

const kdumpThere = bareFacts({ files: filesOf(file(KDUMP_CONFIG, KDUMP_DEFAULT)) });
const found = (facts: Facts, code: string, circumstances: Circumstances = {}): Finding | undefined =>
  planFor(facts, circumstances).findings.find((finding) => finding.code === code);
const free = (...disks: readonly (readonly [string, number])[]): Facts['disks'] =>
  disks.map(([path, mib]) => ({ path, totalKiB: 100 * MIB, freeKiB: mib * 1024 }));
const system = (id: string, versionId: string, release: string): Partial<Facts> => ({
  os: { id, idLike: '', versionId, pretty: '' },
  kernel: { release, version: '' },
  arch: release.includes('arm64') ? 'arm64' : 'amd64',
});

describe('room for a dump', () => {
  it.each<[string, Partial<Facts>, string | undefined, RegExp]>([
    ['is plenty', { disks: free(['/', 30_000]) }, undefined, /./],
    [
      'is less than one dump',
      { disks: free(['/', 200]) },
      'refusal',
      /200 MiB free on \/ for \/var\/crash.*about 256 MiB/,
    ],
    [
      'is small on a disk of its own',
      { disks: free(['/', 30_000], ['/var/crash', 100]) },
      'refusal',
      /on \/var\/crash for/,
    ],
    ['is large on a disk of its own', { disks: free(['/', 300], ['/var', 30_000]) }, undefined, /./],
    ['grows with RAM', { memTotalKiB: 16 * MIB, disks: free(['/', 2000]) }, 'refusal', /about 2048 MiB/],
    [
      'is less than the worst case',
      { disks: free(['/', 1500]) },
      'note',
      /about 256 MiB \(an eighth of RAM.*5 are kept/,
    ],
    [
      'is counted elsewhere',
      { files: filesOf(file(KDUMP_CONFIG, 'NFS="s:/d"\n')), disks: free(['/', 9]) },
      undefined,
      /./,
    ],
    [
      'is in another directory',
      { files: filesOf(file(KDUMP_CONFIG, 'KDUMP_COREDIR="/srv/crash"\n')), disks: free(['/', 30_000], ['/srv', 10]) },
      'refusal',
      /for \/srv\/crash/,
    ],
    [
      'has to hold all of RAM without makedumpfile',
      { disks: free(['/', 1500]), apt: aptFor([], { unknown: ['makedumpfile'] }) },
      'refusal',
      /all of RAM, as there is no makedumpfile/,
    ],
    [
      'has to hold nearly all of RAM where makedumpfile leaves free pages in',
      { ...system('debian', '13', '6.12.107+deb13-amd64'), disks: free(['/', 1500]) },
      'note',
      /does not leave out free pages/,
    ],
    ['is unknown', { disks: [] }, undefined, /./],
  ])('%s', (_name, changes, level, text) => {
    const finding = found({ ...kdumpThere, ...changes }, 'dump-space');
    expect(finding?.level).toBe(level);
    if (finding) expect(finding.text).toMatch(text);
  });

  it('says how many dumps are kept', () => {
    const tight = { ...kdumpThere, disks: free(['/', 1500]) };
    expect(found(tight, 'dump-space', { sets: ['kdump.keep=0'] })?.text).toContain('all are kept');
    expect(
      found({ ...kdumpThere, disks: free(['/', 3000]) }, 'dump-space', { sets: ['kdump.keep=20'] })?.text,
    ).toContain('20 are kept');
  });

  it('has a rule of its own on Ubuntu, which is a note', () => {
    const ubuntu = { ...kdumpThere, ...system('ubuntu', '22.04', '5.15.0-139-generic') };
    expect(found({ ...ubuntu, disks: free(['/', 5000]) }, 'dump-space-rule')).toMatchObject({ level: 'note' });
    expect(found({ ...ubuntu, disks: free(['/', 15_000]) }, 'dump-space-rule')).toBeUndefined();
  });

  it('is no matter without kdump', () => {
    expect(found({ ...kdumpThere, disks: free(['/', 1]) }, 'dump-space', { skip: ['kdump'] })).toBeUndefined();
  });

  it('and for the rest: grub.cfg, and the initrd of the crash kernel', () => {
    const boot = planFor({ ...kdumpThere, disks: free(['/', 30_000], ['/boot', 1]) }).findings;
    expect(boot).toContainEqual(expect.objectContaining({ level: 'refusal', code: 'disk', subject: '/boot' }));
    const lib = planFor({ ...kdumpThere, disks: free(['/', 30_000], ['/var/lib', 5]) }).findings;
    expect(lib).toContainEqual(expect.objectContaining({ level: 'refusal', code: 'disk', subject: '/var/lib/kdump' }));
  });
});

describe('lockdown', () => {
  it.each<[string, Partial<Facts>, string | undefined]>([
    ['none', { lockdown: 'none' }, undefined],
    ['integrity on arm64', { ...system('debian', '12', '6.1.0-56-arm64'), lockdown: 'integrity' }, 'refusal'],
    ['integrity on amd64', { lockdown: 'integrity' }, 'conflict'],
    ['confidentiality on amd64', { lockdown: 'confidentiality' }, 'conflict'],
    ['integrity with Secure Boot, which kdump-tools sees', { lockdown: 'integrity', secureBoot: true }, undefined],
    [
      'integrity where it is loaded all the same',
      { lockdown: 'integrity', kexec: { ...kdumpThere.kexec, crashLoaded: true, crashSize: 512 * MIB } },
      undefined,
    ],
  ])('%s', (_name, changes, level) => {
    expect(found({ ...kdumpThere, ...changes }, 'lockdown')?.level).toBe(level);
  });

  it('confidentiality takes kernel memory from the tracing tools', () => {
    const locked: Facts = { ...kdumpThere, lockdown: 'confidentiality' };
    expect(found(locked, 'lockdown-trace')?.level).toBe('note');
    expect(found(locked, 'lockdown-trace', { skip: ['trace'] })).toBeUndefined();
  });
});

describe('a size of the profile', () => {
  it.each([
    ['128M', 'crashkernel-small', /128M asked, the sum says 256M: kernel/],
    ['384M-:128M', 'crashkernel-small', /384M-:128M asked, the sum says 256M/],
    ['1G', 'ram', /leaves too little/],
    ['800M,high', 'ram', /leaves too little/],
    ['256M@1900M', 'crashkernel-range', /ends beyond/],
    ['64M,low', 'crashkernel-range', /reserves nothing/],
    ['8G-:512M', 'crashkernel-range', /reserves nothing/],
  ])('%s: %s', (size, code, text) => {
    const finding = found(kdumpThere, code, { sets: [`kdump.crashkernel=${size}`] });
    expect(finding?.text).toMatch(text);
  });

  it.each(['256M', '512M', 'auto', '256M@16M', '1G-:256M', '512M,high'])('%s has nothing against it', (size) => {
    const codes = planFor(kdumpThere, { sets: [`kdump.crashkernel=${size}`] }).findings.map(({ code }) => code);
    expect(codes.filter((code) => /crashkernel|ram/.test(code))).toEqual([]);
  });
});

describe('a reboot that would go through kexec', () => {
  it.each<[string, Partial<Facts>, boolean]>([
    ['as configured', { files: filesOf(file('/etc/default/kexec', 'LOAD_KEXEC=true\n')) }, true],
    ['as a kernel is loaded', { kexec: { ...kdumpThere.kexec, loaded: true } }, true],
    ['not', { files: filesOf(file('/etc/default/kexec', 'LOAD_KEXEC=false\n')) }, false],
  ])('%s', (_name, changes, noted) => {
    expect(found({ ...kdumpThere, ...changes }, 'kexec-reboot') !== undefined).toBe(noted);
  });
});

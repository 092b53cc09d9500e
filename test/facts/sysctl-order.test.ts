import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { FileFact } from '../../src/facts/facts.ts';
import { bootAssignments, bootWinner, normaliseKey, parseSysctlFile, sameValue } from '../../src/facts/sysctl-order.ts';

function files(entries: Record<string, string>): Record<string, FileFact> {
  return Object.fromEntries(
    Object.entries(entries).map(([path, text]) => [
      path,
      { path, text, sha256: '', mode: '0644', uid: 0, gid: 0, link: false },
    ]),
  );
}

describe('which assignment wins at boot', () => {
  const winner = (entries: Record<string, string>, key = 'kernel.panic') => {
    const found = bootWinner(bootAssignments(files(entries)), key);
    return found && `${found.file}:${found.line}=${found.value}`;
  };

  it.each([
    ['nothing sets it', {}, null],
    [
      'a later name wins',
      { '/etc/sysctl.d/10-a.conf': 'kernel.panic=1', '/etc/sysctl.d/20-b.conf': '\nkernel.panic = 2' },
      '/etc/sysctl.d/20-b.conf:2=2',
    ],
    [
      'names sort over directories',
      { '/etc/sysctl.d/10-a.conf': 'kernel.panic=1', '/usr/lib/sysctl.d/50-b.conf': 'kernel.panic=2' },
      '/usr/lib/sysctl.d/50-b.conf:1=2',
    ],
    [
      '/etc hides a file of the same name',
      { '/etc/sysctl.d/50-b.conf': 'kernel.panic=1', '/usr/lib/sysctl.d/50-b.conf': 'kernel.panic=2' },
      '/etc/sysctl.d/50-b.conf:1=1',
    ],
    [
      'an empty file of the same name hides too',
      { '/etc/sysctl.d/50-b.conf': '', '/usr/lib/sysctl.d/50-b.conf': 'kernel.panic=2' },
      null,
    ],
    [
      '/run beats /usr/lib',
      { '/run/sysctl.d/a.conf': 'kernel.panic=1', '/usr/lib/sysctl.d/a.conf': 'kernel.panic=2' },
      '/run/sysctl.d/a.conf:1=1',
    ],
    ['/etc/sysctl.conf alone is not read', { '/etc/sysctl.conf': 'kernel.panic=9' }, null],
    [
      'the last line of a file wins',
      { '/etc/sysctl.d/a.conf': 'kernel.panic=1\nkernel.panic=2\n' },
      '/etc/sysctl.d/a.conf:2=2',
    ],
    [
      'slashes, a dash and blanks are spellings',
      { '/etc/sysctl.d/a.conf': ' -kernel/panic =  3 ' },
      '/etc/sysctl.d/a.conf:1=3',
    ],
    ['comments are not settings', { '/etc/sysctl.d/a.conf': '#kernel.panic=1\n;kernel.panic=2' }, null],
    ['only .conf counts', { '/etc/sysctl.d/a.conf.bak': 'kernel.panic=1' }, null],
    [
      'exact beats a later glob',
      { '/etc/sysctl.d/a.conf': 'kernel.panic=1', '/etc/sysctl.d/b.conf': 'kernel.*=2' },
      '/etc/sysctl.d/a.conf:1=1',
    ],
    ['a glob counts when nothing is exact', { '/etc/sysctl.d/b.conf': 'kernel.pan*=2' }, '/etc/sysctl.d/b.conf:1=2'],
  ])('%s', (_name, entries, expected) => {
    expect(winner(entries as Record<string, string>)).toBe(expected);
  });
});

describe('keys and values', () => {
  it('keeps dots of names that are written with slashes', () => {
    expect(normaliseKey('net/ipv4/conf/eth0.1/rp_filter')).toBe('net.ipv4.conf.eth0/1.rp_filter');
    expect(normaliseKey('kernel.panic')).toBe('kernel.panic');
  });

  it('compares values by their words', () => {
    expect(sameValue('4\t4\t1\t7', '4 4 1 7')).toBe(true);
    expect(sameValue(null, '')).toBe(false);
  });

  it('never throws and never invents a line', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { line, key } of parseSysctlFile(text, 'f')) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
          expect(key.includes('=')).toBe(false);
        }
      }),
    );
  });
});

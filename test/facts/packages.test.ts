import { describe, expect, it } from 'vitest';

import { dpkgInterrupted, parseApt, parsePackages } from '../../src/facts/packages.ts';

const sections = (name: string, text: string) => new Map([[name, Buffer.from(text)]]);

describe('apt', () => {
  it('reads what the simulation would do', () => {
    const text = [
      'unknown linux-headers-6.1.0-1-amd64',
      'missing kdump-tools',
      'Inst libc6 [2.36-9] (2.36-10 Debian:12.15/oldstable [amd64])',
      'Inst kdump-tools (1:1.8.1 Debian:12.15/oldstable [amd64])',
      'Remv old-thing [3.0]',
      'Need to get 1,234 kB/12.8 MB of archives.',
      'After this operation, 61.0 MB of additional disk space will be used.',
    ].join('\n');
    expect(parseApt(sections('apt', text))).toEqual({
      missing: ['kdump-tools'],
      unknown: ['linux-headers-6.1.0-1-amd64'],
      actions: [
        { action: 'upgrade', name: 'libc6', version: '2.36-10', from: '2.36-9' },
        { action: 'install', name: 'kdump-tools', version: '1:1.8.1' },
        { action: 'remove', name: 'old-thing', version: '3.0' },
      ],
      fetchBytes: 1_234_000,
      diskBytes: 61_000_000,
      error: null,
      freshLists: false,
    });
  });

  it('keeps its words when it cannot say', () => {
    const text = 'missing crash\n crash : Depends: libnothing but it is not installable\nE: Unable to correct problems';
    expect(parseApt(sections('apt', text))?.error).toBe(
      'crash : Depends: libnothing but it is not installable; Unable to correct problems',
    );
  });

  it('has nothing to say when nothing is missing', () => {
    expect(parseApt(new Map())).toBeNull();
    expect(dpkgInterrupted(sections('apt', 'interrupted\n'))).toBe(true);
  });
});

describe('dpkg-query', () => {
  it('tells the architecture and prefers the installed one of two', () => {
    const text = [
      'dpkg\tinstall ok installed\t1.21\tamd64',
      'crash\tinstall ok installed\t8.0\tamd64',
      'crash\tunknown ok not-installed\t\ti386',
    ].join('\n');
    expect(parsePackages(sections('packages', text))).toEqual({
      arch: 'amd64',
      packages: {
        dpkg: { status: 'install ok installed', version: '1.21' },
        crash: { status: 'install ok installed', version: '8.0' },
      },
    });
  });
});

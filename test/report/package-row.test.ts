import { describe, expect, it } from 'vitest';
import type { PackageStep } from '../../src/plan/plan.ts';
import { packageRow } from '../../src/report/package-row.ts';
import { formatRows } from '../../src/report/rows.ts';

const STEP: PackageStep = {
  id: 'package:install',
  kind: 'package',
  risk: 'service',
  undo: 'kept',
  action: 'install',
  names: ['bpfcc-tools'],
  actions: [],
  fetchBytes: null,
  diskBytes: null,
  preseed: [],
  repair: false,
  refresh: false,
};

function shown(step: Partial<PackageStep>, verbosity: 0 | 1 = 0): string[] {
  const look = { width: 100, verbosity };
  const lines = formatRows([packageRow({ ...STEP, ...step }, look)], look);
  return lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

const dependencies = Array.from({ length: 20 }, (_, i) => ({
  action: 'install' as const,
  name: `lib${i}`,
  version: '1.0-1',
}));

describe('packageRow', () => {
  it('names what was asked for first and counts what comes along', () => {
    const actions = [...dependencies, { action: 'install' as const, name: 'bpfcc-tools', version: '0.26' }];
    const rows = shown({ actions, fetchBytes: 90_500_000, diskBytes: 1_250_000_000 });
    expect(rows[0]).toMatch(/^ {2}\+ package {2}bpfcc-tools 0\.26 {2}lib0 1\.0-1/);
    expect(rows.join('\n')).toContain('(+9 more)');
    expect(rows.at(-1)).toContain('90.5 MB to fetch, 1.3 GB on disk');
    expect(shown({ actions }, 1).join('\n')).toContain('lib19 1.0-1');
  });

  it('names every removal and upgrade', () => {
    const rows = shown({
      actions: [
        { action: 'install', name: 'bpfcc-tools', version: '0.26' },
        { action: 'upgrade', name: 'libc6', from: '2.36-1', version: '2.36-2' },
        { action: 'remove', name: 'systemtap', version: '4.8' },
      ],
      diskBytes: -3_000_000,
    });
    expect(rows).toEqual([
      '  + package  bpfcc-tools 0.26   frees 3.0 MB of disk',
      '       upgrades libc6 2.36-1 -> 2.36-2',
      '       removes  systemtap 4.8',
    ]);
  });

  it('is honest when apt could not say', () => {
    expect(shown({})).toEqual(['  ? package  bpfcc-tools']);
  });

  it('shows a purge as removals, and a repair without names', () => {
    const purge = shown({ action: 'purge', actions: [{ action: 'remove', name: 'bpfcc-tools', version: '0.26' }] });
    expect(purge).toEqual(['  - package  bpfcc-tools 0.26']);
    expect(shown({ names: [], repair: true })).toEqual(['  ~ package  finish the interrupted installation']);
  });
});

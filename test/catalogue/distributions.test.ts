import { describe, expect, it } from 'vitest';
import { LOGICAL_PACKAGES, matchDistribution, packageNames } from '../../src/facts/distribution.ts';
import { crashkernelProblem } from '../../src/profile/crashkernel.ts';
import { CRASH_TOOLS, TRACE_TOOLS } from '../../src/profile/schema.ts';
import { loadDistributions } from '../../src/shipped/catalogue.ts';

const distributions = loadDistributions();
const named = (id: string): (typeof distributions)[number] => {
  const found = distributions.find((each) => each.id === id);
  if (!found) throw new Error(id);
  return found;
};

describe('catalogue/distributions', () => {
  it('has those that are promised', () => {
    expect(distributions.map(({ id }) => id)).toEqual([
      'debian-11',
      'debian-12',
      'debian-13',
      'deepin-20',
      'deepin-23',
      'ubuntu-20.04',
      'ubuntu-22.04',
      'ubuntu-24.04',
      'uos-20',
    ]);
  });

  it.each([
    ['debian', '12', 'debian-12'],
    ['debian', '12.5', 'debian-12'],
    ['debian', '1', undefined],
    ['debian', '', undefined],
    ['debian', '14', undefined],
    ['ubuntu', '22.04', 'ubuntu-22.04'],
    ['ubuntu', '22.10', undefined],
    ['Deepin', '20.9', 'deepin-20'],
    ['deepin', '23', 'deepin-23'],
    ['uos', '20', 'uos-20'],
    ['linuxmint', '21', undefined],
  ])('%s %s is %s', (id, versionId, expected) => {
    expect(matchDistribution(distributions, { id, versionId })?.id).toBe(expected);
  });

  it.each(distributions.map((distribution) => [distribution.id, distribution] as const))(
    '%s is complete',
    (_, distribution) => {
      for (const logical of [...CRASH_TOOLS, ...TRACE_TOOLS]) expect(LOGICAL_PACKAGES).toContain(logical);
      for (const { names, remedy } of Object.values(distribution.packages)) {
        if (names.length === 0 || names.some((name) => name.includes('{'))) expect(remedy).toMatch(/\S/);
        for (const name of names) expect(name.replaceAll(/\{(kernel|abi)\}/g, '')).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
      }
      for (const arch of ['amd64', 'arm64'])
        expect(distribution.kdumpCmdlineAppend[arch]).toContain('systemd.unit=kdump-tools-dump.service');
      for (const { ranges } of Object.values(distribution.crashkernel)) expect(crashkernelProblem(ranges)).toBeNull();
      expect(distribution.kdumpService).toBe('kdump-tools.service');
    },
  );

  it('fills in the running kernel', () => {
    expect(packageNames(named('debian-12'), 'symbols', '6.1.0-56-amd64')).toEqual(['linux-image-6.1.0-56-amd64-dbg']);
    expect(packageNames(named('debian-13'), 'headers', '6.12.107+deb13-amd64')).toEqual([
      'linux-headers-6.12.107+deb13-amd64',
    ]);
    expect(packageNames(named('ubuntu-24.04'), 'symbols', '6.8.0-31-generic')).toEqual([
      'linux-image-6.8.0-31-generic-dbgsym',
    ]);
    expect(packageNames(named('debian-12'), 'bcc', '6.1.0-56-amd64')).toEqual(['bpfcc-tools']);
    expect(packageNames(named('uos-20'), 'symbols', '4.19.0-arm64-desktop')).toEqual([]);
  });

  it('only Debian 13 no longer reads /etc/sysctl.conf at boot', () => {
    expect(distributions.filter(({ sysctlConf }) => !sysctlConf.atBoot).map(({ id }) => id)).toEqual(['debian-13']);
  });
});

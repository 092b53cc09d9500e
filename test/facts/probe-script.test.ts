import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { matchDistribution } from '../../src/facts/distribution.ts';
import { parseFacts } from '../../src/facts/parse.ts';
import { probeScript, type ProbeWants } from '../../src/facts/probe-script.ts';
import { logicalPackages, packageQueries, wantedPackages } from '../../src/facts/wanted-packages.ts';
import { loadKnowledge } from '../../src/shipped/catalogue.ts';
import { desiredBy } from '../plan/support/planning.ts';
import { answer } from './support/answer.ts';
import { NOTHING, runProbe } from './support/run-probe.ts';

const { distributions, templates } = loadKnowledge();
const readProbe = templates['probe.sh']!;
const dash = (input: string): string => execFileSync('dash', [], { input, encoding: 'utf8' });

describe('the words of a probe', () => {
  it.each<[string, Partial<ProbeWants>]>([
    ['a blank', { drivers: ['virtio gpu'] }],
    ['a line end', { units: ['a\nb'] }],
    ['a star', { directories: ['/etc/*'] }],
    ['a question mark', { sysctls: ['kernel.pani?'] }],
    ['a bracket', { sysctls: ['kernel.[p]anic'] }],
    ['a package that is no name', { packages: [{ systems: ['debian:12'], names: ['$(reboot)'] }] }],
    ['a package with a quote', { packages: [{ systems: ['debian:12'], names: ['a"b'] }] }],
  ])('are refused with %s', (_name, wants) => {
    expect(() => probeScript('', { ...NOTHING, ...wants })).toThrow(/not a (plain word|package name)/);
  });

  it('reach the shell as they are', () => {
    const wants = { ...NOTHING, drivers: ["a'b", '$x'], sysctls: ['kernel.panic', 'net.ipv4.conf.eth0/1.rp_filter'] };
    const script = probeScript('printf "%s\\n" "$WANTED_DRIVERS" "$SYSCTL_PATHS"', wants);
    expect(dash(script)).toBe("a'b $x\nkernel/panic net/ipv4/conf/eth0.1/rp_filter\n");
  });

  it('pass shellcheck together with the template', () => {
    const wants = { ...NOTHING, packages: packageQueries(desiredBy(), distributions), units: ['a.service'] };
    const script = probeScript(templates['probe.sh']!, wants);
    // 2154, 2034: variables that another part of the text sets; 2194: a word that never changes while nothing is wanted.
    const flags = ['-s', 'sh', '-S', 'warning', '-e', 'SC2154,SC2034', '-'];
    expect(execFileSync('shellcheck', flags, { input: script, encoding: 'utf8' })).toBe('');
  });
});

describe('sysctls', () => {
  it('are read whole from a kernel, which answers at offset 0 alone', () => {
    const keys = ['kernel.pid_max', 'kernel.threads-max', 'kernel.printk', 'kernel.osrelease', 'kernel.no_such_key'];
    const printed = runProbe('sysctl', 'job', { wants: { sysctls: keys } }).get('sysctl');
    const facts = parseFacts(answer({ sysctl: printed?.toString() }));
    for (const key of keys.slice(0, -1)) {
      const value = readFileSync(`/proc/sys/${key.replaceAll('.', '/')}`, 'utf8').trimEnd();
      expect([key, facts.sysctls[key]]).toEqual([key, value]);
    }
    expect(facts.sysctls['kernel.no_such_key']).toBeNull();
  });
});

describe('the gate', () => {
  it('is asked what it decided before the settings are read that it writes first', () => {
    const order = [...readProbe.matchAll(/^part (\w+)$/gm)].map(([, name]) => name);
    expect(order.indexOf('content')).toBeGreaterThan(-1);
    expect(order.indexOf('sysctl')).toBeGreaterThan(order.indexOf('content'));
  });
});

describe('the table of packages', () => {
  const wishes = [
    desiredBy(),
    desiredBy({ sets: ['crash.symbols=guest', 'trace.tools=[bpftrace, bcc, libbpf-tools]'] }),
    desiredBy({ skip: ['kdump', 'trace', 'crash'] }),
  ];
  const systems = distributions.flatMap(({ match: { id, version } }) =>
    [id, id.toUpperCase(), id.charAt(0).toUpperCase() + id.slice(1)].flatMap((name) => [
      [name, version, '6.1.0-56-amd64'] as const,
      [name, `${version}.7`, '4.19.0-arm64-desktop'] as const,
    ]),
  );
  const others = [
    ['debian', '1', '6.1.0-56-amd64'],
    ['debian', '121', '6.1.0-56-amd64'],
    ['debian', '', '6.1.0-56-amd64'],
    ['', '', ''],
    ['arch', '*', '6.1'],
  ] as const;

  it.each(wishes.map((wish, index) => [index, wish] as const))(
    'says in dash what the plan will want on every system (wish %i)',
    (_index, wish) => {
      const guests = [...systems, ...others];
      const table = probeScript('', { ...NOTHING, packages: packageQueries(wish, distributions) });
      const asks = guests.map(
        ([id, version, kernel]) => `wanted_packages '${id}:${version}' '${kernel}'; printf '%s\\n' "$PACKAGES"`,
      );
      const answers = dash([table, ...asks].join('\n'))
        .split('\n')
        .slice(0, -1);
      const expected = guests.map(([id, versionId, kernel]) => {
        const distribution = matchDistribution(distributions, { id, versionId });
        return distribution === null ? '' : wantedPackages(wish, distribution, kernel).names.join(' ');
      });
      expect(answers).toEqual(expected);
    },
  );

  it('says what a distribution has not, with a remedy', () => {
    const uos = distributions.find(({ id }) => id === 'uos-20')!;
    const { names, unavailable } = wantedPackages(wishes[1]!, uos, '4.19.0-arm64-desktop');
    expect(names).toContain('linux-headers-4.19.0-arm64-desktop');
    expect(unavailable.map(({ logical }) => logical)).toEqual(['libbpf-tools', 'symbols']);
    for (const { remedy } of unavailable) expect(remedy).toMatch(/\S/);
  });

  it('asks for nothing that the profile leaves out', () => {
    expect(logicalPackages(wishes[2]!)).toEqual([]);
    expect(logicalPackages(desiredBy({ profile: 'kdump' }))).toContain('kdump-tools');
    expect(logicalPackages(desiredBy({ profile: 'sysrq' }))).toEqual([]);
  });
});

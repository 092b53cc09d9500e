import { describe, expect, it } from 'vitest';

import type { Facts } from '../../../src/facts/facts.ts';
import type { Checkup, Patient } from '../../../src/investigate/doctor/checkup.ts';
import { examine } from '../../../src/investigate/doctor/examine.ts';
import { readInstruments, type Instruments } from '../../../src/investigate/doctor/instruments.ts';
import { sectionsOfText } from '../../../src/investigate/collection/sections-of-text.ts';
import { loadDistributions } from '../../../src/shipped/catalogue.ts';
import { matchDistribution } from '../../../src/facts/distribution.ts';
import { answer, dump } from '../../crash/dumps/support/dump.ts';
import { bareFacts } from '../../plan/support/facts.ts';

const GIB = 1024 * 1024;
const TOOLS = { makedumpfile: '/usr/bin/makedumpfile', bpftrace: '/usr/bin/bpftrace', crash: '/usr/bin/crash' };

const instruments = (over: Partial<Instruments> = {}): Instruments => ({
  btf: true,
  headers: true,
  modules: true,
  symbols: null,
  tracefs: true,
  journal: true,
  watch: false,
  stacks: true,
  psi: true,
  pstore: [],
  sysctls: { hung_task_timeout_secs: '60', hung_task_warnings: '-1', sysrq: '1', tainted: '0' },
  tools: TOOLS,
  config: null,
  ...over,
});

/** A guest that everything is in order with, changed. */
function patient(facts: Partial<Facts> = {}, tools: Partial<Instruments> = {}, more: Partial<Patient> = {}): Patient {
  const all = bareFacts({
    readiness: { state: 'ready', reason: 'a crash kernel is loaded, 256 MiB reserved', hint: null },
    arm: { state: 'armed', reason: 'armed', bootId: 'x' },
    disks: [{ path: '/', totalKiB: 40 * GIB, freeKiB: 30 * GIB }],
    container: null,
    ...facts,
  });
  return {
    guest: 'vm1',
    facts: all,
    instruments: instruments(tools),
    dumps: answer({ dumps: [] }),
    distribution: matchDistribution(loadDistributions(), all.os),
    ...more,
  };
}

const found = (checks: readonly Checkup[]): [string, string, string | null][] =>
  checks.filter(({ level }) => level !== 'ok').map(({ topic, level, mend }) => [topic, level, mend]);
const sysctl = (changes: Record<string, string | undefined>): Partial<Instruments> => ({
  sysctls: Object.fromEntries(
    Object.entries({ ...instruments().sysctls, ...changes }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>,
});

describe('the page of a guest', () => {
  it('has nothing to mend where all is in order, and each topic once', () => {
    const checks = examine(patient());
    expect(found(checks)).toEqual([]);
    expect(checks.map(({ topic }) => topic)).toEqual([
      ...['kernel', 'stacks', 'lockdown', 'hung_task', 'log', 'sysrq', 'kdump', 'disk', 'armed', 'crashes', 'symbols'],
      ...['readers', 'BTF', 'headers', 'tracing'],
    ]);
  });

  it.each<[string, Patient, [string, string, string | null][]]>([
    ['a container', patient({ container: 'lxc' }), [['kernel', 'bad', 'debug the host']]],
    ['no root', patient({ uid: 1000 }), [['access', 'bad', 'provision doctor vm1 -b   (or -u root)']]],
    ['a taint', patient({}, sysctl({ tainted: String(2 ** 12 + 1) })), [['kernel', 'warn', null]]],
    ['a kernel that was upgraded', patient({}, { modules: false }), [['kernel', 'warn', 'guest$ systemctl reboot']]],
    [
      'integrity',
      patient({ lockdown: 'integrity' }),
      [['lockdown', 'warn', 'turn Secure Boot off, or boot without lockdown=']],
    ],
    [
      'confidentiality',
      patient({ lockdown: 'confidentiality' }),
      [['lockdown', 'bad', 'turn Secure Boot off, or boot without lockdown=']],
    ],
    ['no stacks', patient({}, { stacks: false }), [['stacks', 'bad', 'boot a kernel with CONFIG_STACKTRACE']]],
    [
      'no detector',
      patient({}, sysctl({ hung_task_timeout_secs: undefined })),
      [['hung_task', 'bad', 'boot a kernel with CONFIG_DETECT_HUNG_TASK']],
    ],
    [
      'a detector that is off',
      patient({}, sysctl({ hung_task_timeout_secs: '0' })),
      [['hung_task', 'bad', 'provision apply hung-task vm1']],
    ],
    [
      'no warnings left',
      patient({}, sysctl({ hung_task_warnings: '0' })),
      [['hung_task', 'warn', 'provision apply hung-task vm1']],
    ],
    ['masked keys', patient({}, sysctl({ sysrq: '438' })), [['sysrq', 'warn', 'provision apply sysrq vm1']]],
    [
      'no reservation',
      patient({ readiness: { state: 'not-reserved', reason: 'no memory is reserved', hint: 'apply' } }),
      [['kdump', 'bad', 'provision apply kdump vm1 --reboot']],
    ],
    [
      'no crash kernel',
      patient({ readiness: { state: 'not-loaded', reason: 'none', hint: 'apply' } }),
      [['kdump', 'bad', 'provision apply kdump vm1']],
    ],
    [
      'little disk',
      patient({ disks: [{ path: '/', totalKiB: GIB, freeKiB: 1000 }] }),
      [['disk', 'bad', 'guest$ du -xsh /var/crash/* | sort -h   (then remove what is not needed)']],
    ],
    [
      'disk for a usual dump',
      patient({ memTotalKiB: 2 * GIB, disks: [{ path: '/var', totalKiB: 9 * GIB, freeKiB: GIB }] }),
      [['disk', 'warn', null]],
    ],
    [
      'nothing armed',
      patient({ arm: { state: 'none', reason: '', bootId: '' } }),
      [['armed', 'warn', 'provision apply debug-panic vm1']],
    ],
    [
      'a gate that refused',
      patient({ arm: { state: 'refused', reason: 'breaker', bootId: '' } }),
      [['armed', 'bad', 'provision arm vm1']],
    ],
    [
      'no headers',
      patient({}, { headers: false }),
      [['headers', 'warn', 'guest$ apt-get install linux-headers-6.1.0-56-amd64']],
    ],
    [
      'no tracer',
      patient({}, { tools: { makedumpfile: '/m' } }),
      [['tracing', 'warn', 'provision apply offcpu-trace vm1']],
    ],
    [
      'bcc without headers, and no types',
      patient({}, { headers: false, btf: false, tools: { makedumpfile: '/m', 'offcputime-bpfcc': '/o' } }),
      [
        ['BTF', 'warn', null],
        ['headers', 'warn', 'guest$ apt-get install linux-headers-6.1.0-56-amd64'],
        ['tracing', 'warn', 'provision apply offcpu-trace vm1'],
      ],
    ],
    [
      'no journal',
      patient({}, { journal: false }),
      [['log', 'warn', 'guest$ mkdir -p /var/log/journal && systemctl restart systemd-journald']],
    ],
    [
      'a panic that firmware kept',
      patient({}, { pstore: ['dmesg-efi-1'] }),
      [['crashes', 'warn', 'guest$ head -c 4000 /sys/fs/pstore/*']],
    ],
    ['dumps that may not be seen', patient({}, {}, { dumps: null }), [['crashes', 'unknown', null]]],
    [
      'a dump that cannot be read',
      patient({}, {}, { dumps: answer({ dumps: [dump({ verdict: { valid: false, reason: 'empty' } })] }) }),
      [['crashes', 'bad', 'provision dumps list vm1 --deep']],
    ],
  ])('%s', (_case, sick, checks) => {
    expect(found(examine(sick))).toEqual(checks);
  });

  it('points a dump that can be read to where it is fetched', () => {
    const crashes = examine(patient({}, {}, { dumps: answer() })).filter(({ topic }) => topic === 'crashes');
    expect(crashes).toEqual([
      {
        topic: 'crashes',
        level: 'ok',
        text: '1 dump of 2026-11-18 11:06 UTC: hung_task: blocked tasks',
        mend: 'provision dumps fetch vm1',
      },
    ]);
  });

  it('does not guess the packages of a system that it does not know', () => {
    const strange = patient({ os: { id: 'plan9', idLike: '', versionId: '4', pretty: 'Plan 9' } });
    expect(found(examine(strange)).map(([topic]) => topic)).toEqual(['symbols']);
  });
});

describe('the instruments', () => {
  it('are what the guest printed, and nothing where it printed nothing', () => {
    const text = [
      '## doctor',
      'btf /sys/kernel/btf/vmlinux',
      'symbols /usr/lib/debug/boot/vmlinux-6.1',
      'pstore dmesg-1',
      'sysctl.tainted 4096',
      'sysctl.hung_task_timeout_secs 120',
      'tool bpftrace /usr/bin/bpftrace',
      '## config',
      'file /boot/config-6.1',
      'CONFIG_DETECT_HUNG_TASK=y',
      '',
    ].join('\n');
    expect(readInstruments(sectionsOfText(text))).toMatchObject({
      btf: true,
      headers: false,
      symbols: '/usr/lib/debug/boot/vmlinux-6.1',
      pstore: ['dmesg-1'],
      sysctls: { tainted: '4096', hung_task_timeout_secs: '120' },
      tools: { bpftrace: '/usr/bin/bpftrace' },
      config: { DETECT_HUNG_TASK: 'y' },
    });
    expect(readInstruments(new Map()).config).toBeNull();
  });
});

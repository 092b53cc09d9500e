import { describe, expect, it } from 'vitest';

import { prove, type Evidence } from '../../../src/crash/crash-test/proof.ts';
import type { Dump } from '../../../src/crash/dumps/dump.ts';

const TRIGGERED = 1_795_542_000;

function dump(more: Partial<Dump> = {}): Dump {
  const name = more.name ?? '202611241740';
  return {
    name,
    directory: `/var/crash/${name}`,
    time: TRIGGERED + 50,
    ageSeconds: 60,
    files: [
      { name: `dmesg.${name}`, size: 40_000, mtime: TRIGGERED + 20 },
      { name: `dump.${name}`, size: 41_000_000, mtime: TRIGGERED + 50 },
    ],
    dump: { name: `dump.${name}`, size: 41_000_000, format: 'flattened', incomplete: false },
    dmesg: { name: `dmesg.${name}`, size: 40_000, mtime: TRIGGERED + 20 },
    panic: 'sysrq triggered crash',
    trigger: 'sysrq',
    blocked: null,
    tag: 'abc',
    captureLog: true,
    journal: false,
    verdict: { valid: true },
    ...more,
  };
}

const OLD = dump({
  name: '202611241200',
  tag: 'old',
  files: [{ name: 'dump.202611241200', size: 1, mtime: TRIGGERED - 20_000 }],
});

function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    mode: 'sysrq',
    tag: 'abc',
    coredir: '/var/crash',
    before: [OLD],
    after: [dump(), OLD],
    triggeredAt: TRIGGERED,
    now: TRIGGERED + 120,
    uptimeSeconds: 60,
    freeKiB: 4_000_000,
    bootIds: { before: 'a', after: 'b' },
    captureLog: [],
    ...more,
  };
}

const failed = (proof: ReturnType<typeof prove>): string[] =>
  proof.checks.filter(({ ok }) => !ok).map(({ name }) => name);

describe('a crash that was captured', () => {
  it('holds in every check, and has a timeline by the guest', () => {
    const proof = prove(evidence());
    expect(failed(proof)).toEqual([]);
    expect(proof.failure).toBeNull();
    expect(proof.timeline).toEqual({ savedMs: 50_000, rebootedMs: 60_000, backMs: 120_000 });
  });

  it('may share the directory of a crash within the same minute', () => {
    const shared = dump();
    const before = [
      dump({ tag: 'first', files: [{ name: 'dump.202611241740', size: 1, mtime: TRIGGERED - 30 }] }),
      OLD,
    ];
    expect(prove(evidence({ before, after: [shared, OLD] })).failure).toBeNull();
  });

  it('through a blocked task is told from one through sysrq', () => {
    const hung = dump({ trigger: 'hung_task', panic: 'hung_task: blocked tasks' });
    expect(prove(evidence({ mode: 'hang', after: [hung] })).failure).toBeNull();
    expect(failed(prove(evidence({ after: [hung] })))).toEqual(['trigger']);
  });
});

describe('a crash that was not captured', () => {
  const invalid = (reason: string): Dump => dump({ verdict: { valid: false, reason } });

  it.each<[string, Partial<Evidence>, string[], RegExp]>([
    [
      'the same boot answers',
      { bootIds: { before: 'a', after: 'a' }, after: [OLD] },
      ['boot', 'directory', 'tag', 'trigger', 'dump'],
      /never down/,
    ],
    ['nothing was saved', { after: [OLD] }, ['directory', 'tag', 'trigger', 'dump'], /without saving anything/],
    [
      'two crashes',
      { after: [dump(), dump({ name: '202611241741' }), OLD] },
      ['directory', 'tag', 'trigger', 'dump'],
      /2 new/,
    ],
    ['an empty dump', { after: [invalid('empty: x'), OLD] }, ['dump'], /not valid: empty/],
    ['a truncated dump', { after: [invalid('truncated: x')] }, ['dump'], /not valid: truncated/],
    [
      'a full disk',
      { after: [invalid('truncated: x')], freeKiB: 12 },
      ['dump'],
      /filled the disk: 0 MiB free in \/var\/crash/,
    ],
    [
      'a disk that was full for the capture',
      { after: [invalid('truncated: x')], captureLog: ['cat: write error: No space left on device'] },
      ['dump'],
      /filled the disk/,
    ],
    [
      'too little memory for the capture',
      { after: [OLD], captureLog: ['[   30.1] Out of memory: Killed process 212 (makedumpfile)'] },
      ['directory', 'tag', 'trigger', 'dump'],
      /ran out of memory/,
    ],
    ["somebody else's crash", { after: [dump({ tag: null }), OLD] }, ['tag'], /not this test's/],
    ['another tag', { after: [dump({ tag: 'abcd' }), OLD] }, ['tag'], /not this test's/],
  ])('%s', (_name, more, checks, failure) => {
    const proof = prove(evidence(more));
    expect(failed(proof)).toEqual(checks);
    expect(proof.failure).toMatch(failure);
  });

  it('has no time for what did not happen', () => {
    expect(prove(evidence({ after: [OLD] })).timeline.savedMs).toBeNull();
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Event } from '../../../src/events.ts';
import { choosePieces, type EvidenceChoice } from '../../../src/investigate/evidence/choose.ts';
import { explainPiece, type ExplainedPiece } from '../../../src/investigate/evidence/explain.ts';
import { localPieces } from '../../../src/investigate/evidence/local-piece.ts';
import type { EvidencePiece } from '../../../src/investigate/evidence/piece.ts';
import { explainTrace } from '../../../src/investigate/explaining/explain-trace.ts';
import { loadExplainKnowledge } from '../../../src/shipped/explain-knowledge.ts';
import { loadWaitKinds } from '../../../src/shipped/wait-kinds.ts';
import { errorOf } from '../../profile/support.ts';
import { show } from '../../report/plans.ts';

let root = '';
const at = (path: string): string => join(root, path);
function write(path: string, data: string | Buffer): string {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), data);
  return at(path);
}

const ABOUT = `format 1
now 1795735310
boot_id b1
kernel 5.10.0
hostname vm1
uptime 682.49
limit 30
why blocked
task 1458 100 31 Xorg
`;
/** The freeze that all this is for, as the collector prints it. */
const STACKS = `## host
uptime 682.49
hostname vm1
kernel 5.10.0
now 1795735310
uid 0
## threads
listed 2
states D1 S1
read 2
1 1 S 0 4194560 5 10 0 0 0 init
1458 1458 D 1 4194560 5 100 1 0 0 Xorg
## before
/proc/1458/task/1458/status:voluntary_ctxt_switches:\t4
/proc/1458/task/1458/status:nonvoluntary_ctxt_switches:\t1
## between
/proc/1458/task/1458/wchan:flush_work
/proc/1458/task/1458/stack:[<0>] __flush_work+0x1/0x2
/proc/1458/task/1458/stack:[<0>] drain_all_pages+0x1/0x2
/proc/1458/task/1458/stack:[<0>] __alloc_pages_slowpath+0x1/0x2
/proc/1458/task/1458/stack:[<0>] ttm_pool_populate+0x1/0x2 [ttm]
/proc/1458/task/1458/stack:[<0>] virtio_gpu_object_create+0x1/0x2 [virtio_gpu]
/proc/meminfo:MemTotal:        2014000 kB
## after
/proc/1458/task/1458/stat:1458 (Xorg) D 1 1 1 0 -1 4194560 0 0 0 0 1 1 0 0 20 0 1 0 100 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 1 0 0 0
/proc/1458/task/1458/status:voluntary_ctxt_switches:\t4
/proc/1458/task/1458/status:nonvoluntary_ctxt_switches:\t1
## unread
gone 0
hundredths 40
`;
const SYSRQ = `## sysrq
key t
task:init state:S
Showing busy workqueues and worker pools:
workqueue mm_percpu_wq: flags=0x8
  pwq 2: cpus=1 node=0 flags=0x0 nice=0 active=1/256 refcnt=2
    pending: drain_local_pages_wq
pool 2: cpus=1 node=0 flags=0x0 nice=0 hung=31s workers=2
lost 0
`;

function piece(name: string, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const all = { about: ABOUT, 'stacks.gz': gzipSync(STACKS + SYSRQ), ...files };
  for (const [file, data] of Object.entries(all)) if (data !== '') write(`${name}/${file}`, data);
  return at(name);
}

const knowledge = loadExplainKnowledge();
const kinds = loadWaitKinds();
const explained = (path: string): ExplainedPiece[] =>
  localPieces(path).map((local) =>
    explainPiece(local, kinds, (trace) => explainTrace(trace, knowledge), { kept: true }),
  );
const shown = (path: string, verbosity: -1 | 0 | 1 = 0): string => {
  const events = explained(path).map((each): Event => ({ kind: 'guest.evidence-explained', ...each }));
  return show(events, { command: 'evidence explain', verbosity }).stdout;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evidence-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('evidence of the freeze', () => {
  it('is explained: who, for how long, what it means, what the workqueues did', () => {
    const text = shown(piece('vm1/000001-x', { ended: 'task 1458 100 47 woke Xorg\n' }));
    for (const part of [
      'vm1  000001-x  2026-11-26 23:21:50 UTC, 11 min after boot: blocked',
      'Xorg 1458 blocked for 31 s; went on after about 47 s',
      'drain_all_pages',
      'drain-all-pages  reclaim-drain, confidence high',
      'pending: drain_local_pages_wq',
      '1 blocked of 2 threads; 5.10.0',
    ])
      expect(text).toContain(part);
  });

  it('says so when the end was not seen', () => {
    expect(shown(piece('p'))).toContain('blocked for 31 s; how it ended was not seen');
  });

  it('is one line each with -q', () => {
    expect(shown(piece('p'), -1).trim().split('\n')).toHaveLength(2);
  });

  it('matches the same signature as it would live', () => {
    const [{ groups } = { groups: [] }] = explained(piece('p'));
    expect(groups.map(({ explanation }) => explanation?.matches[0]?.category)).toEqual([expect.any(String)]);
    expect(groups[0]?.tasks.map(({ comm, guest }) => [guest, comm])).toEqual([['vm1', 'Xorg']]);
  });
});

describe('a path', () => {
  it('may be a piece, a file in it, a guest, or all guests', () => {
    const one = piece('vm1/000001-x');
    piece('vm1/000002-y');
    piece('vm2/000001-z');
    const names = (path: string): string[] => localPieces(path).map(({ name }) => name);
    expect(names(one)).toEqual(['000001-x']);
    expect(names(join(one, 'stacks.gz'))).toEqual(['000001-x']);
    expect(names(at('vm1'))).toEqual(['000001-x', '000002-y']);
    expect(names(root)).toEqual(['000001-x', '000002-y', '000001-z']);
  });

  it('may be stacks alone, compressed or not', () => {
    for (const data of [STACKS, gzipSync(STACKS)]) {
      const [alone] = explained(write('alone', data));
      expect(alone).toMatchObject({ guest: 'vm1', about: null, problem: null, workqueues: [] });
      expect(alone?.groups).toHaveLength(1);
    }
  });

  it.each<[string, () => string, string, RegExp]>([
    ['an empty folder', () => dirname(write('empty/x', '')), 'E_USAGE', /there is no evidence in/],
    ['another text', () => write('dmesg', 'nothing\n'), 'E_USAGE', /dmesg is no evidence/],
    ['a piece of another version', () => piece('p', { about: 'format 9\n' }), 'E_EVIDENCE', /not of a format/],
    [
      'a cut off archive',
      () => piece('p', { 'stacks.gz': gzipSync(STACKS).subarray(0, 90) }),
      'E_EVIDENCE',
      /cannot be decompressed/,
    ],
  ])('that is %s is refused', (_what, make, code, says) => {
    const path = make();
    expect(errorOf(() => localPieces(path))).toMatchObject({ code, message: expect.stringMatching(says) as string });
  });
});

describe('a piece', () => {
  it('without stacks tells what its header knows', () => {
    const [bare] = explained(piece('p', { 'stacks.gz': '', about: `${ABOUT}dropped 999\n` }));
    expect(bare).toMatchObject({
      stacks: null,
      groups: [],
      problem: expect.stringContaining('more than the guest may keep') as string,
    });
    expect(shown(at('p'))).toContain('Xorg 1458 blocked for 31 s');
  });

  it('whose stacks were cut off before the threads says so', () => {
    const [cut] = explained(piece('p', { 'stacks.gz': gzipSync(STACKS.slice(0, 30)) }));
    expect(cut?.problem).toContain('the stacks are cut off');
  });

  it('of pressure tells how bad it was', () => {
    const about = ABOUT.replace('why blocked', 'why memory').replace(/task .*/, 'pressure memory 0 45.5');
    const text = shown(piece('p', { about, ended: 'memory 75 81.2\n' }));
    expect(text).toContain(
      'all tasks waited for memory 45.5 % of 10 s, since 0 s; over after about 75 s, 81.2 % at worst',
    );
  });
});

describe('a choice', () => {
  const named = (name: string): EvidencePiece => ({
    name,
    directory: `/x/${name}`,
    place: 'disk',
    bytes: 1,
    stacks: null,
    about: null,
    texts: { about: [], ended: [] },
  });
  const pieces = ['000017-c-io', '000002-b-blocked', '000001-a-blocked'].map(named);
  const choose = (choice: Partial<EvidenceChoice>): string[] =>
    choosePieces(pieces, { named: [], all: false, ...choice }).map(({ name }) => name);

  it.each<[string, Partial<EvidenceChoice>, string[]]>([
    ['the newest', {}, ['000017-c-io']],
    ['all', { all: true }, ['000017-c-io', '000002-b-blocked', '000001-a-blocked']],
    ['one by its name', { named: ['000002-b-blocked'] }, ['000002-b-blocked']],
    ['one by its number, however it is written', { named: ['17', '000001'] }, ['000017-c-io', '000001-a-blocked']],
  ])('is %s', (_what, choice, expected) => {
    expect(choose(choice)).toEqual(expected);
  });

  it('of what is not there names what is', () => {
    expect(errorOf(() => choose({ named: ['7'] }))).toMatchObject({
      code: 'E_EVIDENCE',
      hint: expect.stringContaining('000002-b') as string,
    });
    expect(choosePieces([], { named: [], all: false })).toEqual([]);
  });
});

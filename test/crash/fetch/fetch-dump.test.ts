import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { dumpsScript } from '../../../src/crash/dumps/script.ts';
import { lookAtDumps } from '../../../src/crash/dumps/look.ts';
import type { Dump } from '../../../src/crash/dumps/dump.ts';
import { deleteDump } from '../../../src/crash/fetch/delete-dump.ts';
import { fetchDump, type Fetched, type Fetching } from '../../../src/crash/fetch/fetch-dump.ts';
import { FreeSpace } from '../../../src/crash/fetch/free-space.ts';
import { RateLimit } from '../../../src/crash/fetch/rate-limit.ts';
import { loadAccess } from '../../../src/guest/access.ts';
import { openSession } from '../../../src/guest/session.ts';
import { guestFromText } from '../../../src/inventory/target.ts';
import { Conversation } from '../../../src/rollout/conversation.ts';
import { loadKnowledge } from '../../../src/shipped/catalogue.ts';
import { flattened, kdumpFile } from './support/flattened.ts';

const { templates } = loadKnowledge();
const INSIDE = kdumpFile(8 * 1024 * 1024);
const FLAT = flattened(INSIDE);
let root = '';
let conversation: Conversation;

beforeAll(async () => {
  const access = loadAccess({ home: '/nowhere', env: {} });
  conversation = await Conversation.start(guestFromText('local'), {
    open: (guest) => openSession(guest, access),
    templates,
    client: { id: '-', owner: 'test', waits: true, isLeft: () => false },
    runId: 'test',
    timeouts: { probe: 60_000, converge: 60_000, reconnect: 1000 },
  });
});
afterAll(() => conversation.close());

const crash = (...names: string[]): string => join(root, 'crash', '202611241200', ...names);
const here = (...names: string[]): string => join(root, 'dumps', 'local', '202611241200', ...names);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fetch-'));
  mkdirSync(crash(), { recursive: true });
  writeFileSync(crash('dmesg.202611241200'), '[ 1.0] Kernel panic - not syncing: x\n');
  writeFileSync(crash("it's a\nlog"), 'odd');
});
afterEach(() => rmSync(root, { recursive: true }));

/** This machine's own dumps are left alone: the look is told of another place, and of no memory to be in proportion to. */
async function look(): Promise<Dump> {
  const script = dumpsScript(templates['dumps.sh'] ?? '')
    .replace(/^coredir=.*$/m, `coredir='${join(root, 'crash')}'`)
    .replace('/proc/meminfo', '/dev/null');
  const [dump] = (await lookAtDumps(conversation, script)).dumps;
  return dump!;
}

type Progress = (done: number, total: number) => void;

async function fetch(changes: Partial<Fetching> = {}, progress: Progress = () => undefined): Promise<Fetched> {
  const fetching: Fetching = {
    templates,
    to: join(root, 'dumps'),
    keepFlattened: false,
    space: new FreeSpace(),
    limit: undefined,
    stopping: new AbortController().signal,
    reconnectMs: 1000,
    ...changes,
  };
  return fetchDump(conversation, await look(), fetching, progress);
}

describe('fetching a dump', () => {
  it('brings the directory, makes the dump readable, and does neither twice', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    const seen: number[] = [];
    const first = await fetch({}, (done, total) => {
      expect(done).toBeLessThanOrEqual(total);
      seen.push(done);
    });
    expect(readdirSync(here()).sort()).toEqual(['dmesg.202611241200', 'dump.json', "it's a\nlog", 'vmcore']);
    expect(readFileSync(here('vmcore')).equals(INSIDE)).toBe(true);
    expect(first.bytes).toBe(seen.at(-1));
    expect(first.made).toBe(true);
    expect(first.manifest).toMatchObject({ version: 1, guest: 'local', vmcore: { name: 'vmcore' } });
    expect(JSON.parse(readFileSync(here('dump.json'), 'utf8'))).toEqual(first.manifest);
    expect(statSync(here('vmcore')).mode & 0o077).toBe(0);
    const again = await fetch();
    expect([again.bytes, again.made]).toEqual([0, false]);
    expect({ ...again.manifest, fetchedAt: '' }).toEqual({ ...first.manifest, fetchedAt: '' });
  });

  it('keeps the flattened file on request, and makes a lost vmcore again from it', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    await fetch({ keepFlattened: true });
    expect(readFileSync(here('dump.202611241200')).equals(FLAT)).toBe(true);
    rmSync(here('vmcore'));
    const again = await fetch({ keepFlattened: true });
    expect([again.bytes, again.made]).toEqual([0, true]);
    expect(readFileSync(here('vmcore')).equals(INSIDE)).toBe(true);
  });

  it('goes on with what an interrupted run has left', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    const stop = new AbortController();
    const enough = (done: number): void => {
      if (done > FLAT.length / 4) stop.abort();
    };
    await expect(fetch({ stopping: stop.signal }, enough)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    const kept = statSync(here('dump.202611241200.part')).size;
    expect(kept).toBeGreaterThan(FLAT.length / 5);
    const { bytes } = await fetch();
    expect(bytes).toBe(FLAT.length - kept);
    expect(readFileSync(here('vmcore')).equals(INSIDE)).toBe(true);
    expect(existsSync(here('dump.202611241200.part'))).toBe(false);
  });

  it('begins anew where what is left is of another file, or was damaged', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    const { mtimeMs } = statSync(crash('dump.202611241200'));
    mkdirSync(here(), { recursive: true });
    writeFileSync(here('dump.202611241200.part'), Buffer.alloc(3_000_000, 1));
    const about = { size: FLAT.length, mtime: Math.floor(mtimeMs / 1000) };
    for (const left of [about, { ...about, size: 1 }, { ...about, mtime: 1 }]) {
      writeFileSync(here('dump.202611241200.part.json'), JSON.stringify(left));
      await fetch();
      expect(readFileSync(here('vmcore')).equals(INSIDE)).toBe(true);
      rmSync(here(), { recursive: true });
      mkdirSync(here(), { recursive: true });
      writeFileSync(here('dump.202611241200.part'), Buffer.alloc(3_000_000, 1));
    }
  });

  it('fetches again what has changed on the guest, and nothing else', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    await fetch();
    writeFileSync(crash('dmesg.202611241200'), '[ 1.0] Kernel panic - not syncing: another\n');
    const { bytes, manifest } = await fetch();
    expect(bytes).toBe(statSync(crash('dmesg.202611241200')).size);
    expect(manifest).toMatchObject({ panic: 'another', vmcore: { name: 'vmcore' } });
  });

  it('decompresses', async () => {
    writeFileSync(crash('dump.202611241200.gz'), execFileSync('gzip', ['-1c'], { input: FLAT, maxBuffer: 1 << 28 }));
    const { manifest } = await fetch();
    expect(readFileSync(here('vmcore')).equals(INSIDE)).toBe(true);
    expect(manifest.files.find(({ name }) => name.endsWith('.gz'))?.local).toBeNull();
    expect(readdirSync(here()).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('finds a compressed dump that is not whole, and keeps it as it came', async () => {
    const half = FLAT.subarray(0, FLAT.length - 1);
    writeFileSync(crash('dump.202611241200.gz'), execFileSync('gzip', ['-1c'], { input: half, maxBuffer: 1 << 28 }));
    await expect(fetch()).rejects.toMatchObject({
      code: 'E_DUMP',
      message: expect.stringContaining('truncated') as string,
    });
    const kept = ['dmesg.202611241200', 'dump.202611241200.gz', 'dump.json', "it's a\nlog"];
    expect(readdirSync(here()).sort()).toEqual(kept);
  });

  it('leaves a copy of /proc/vmcore as it is', async () => {
    const elf = Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(5_000_000)]);
    writeFileSync(crash('vmcore.202611241200'), elf);
    const { manifest } = await fetch();
    expect(manifest.vmcore).toMatchObject({ name: 'vmcore.202611241200', size: elf.length });
  });

  it('gives way where a guest names its files as we name ours', async () => {
    for (const name of ['dump.json', 'vmcore', 'x.part']) writeFileSync(crash(name), `theirs: ${name}`);
    writeFileSync(crash('dump.202611241200'), FLAT);
    const { manifest } = await fetch();
    expect(readFileSync(here('vmcore.from-guest'), 'utf8')).toBe('theirs: vmcore');
    expect(JSON.parse(readFileSync(here('dump.json'), 'utf8'))).toEqual(manifest);
  });

  it('without makedumpfile keeps the dump as it came, and goes on from there once it is installed', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    const path = process.env['PATH'];
    const bin = mkdtempSync(join(root, 'bin-'));
    symlinkSync('/bin/sh', join(bin, 'sh'));
    process.env['PATH'] = bin;
    try {
      await expect(fetch()).rejects.toMatchObject({
        code: 'E_LOCAL_TOOL',
        hint: expect.stringContaining('apt-get install makedumpfile') as string,
      });
    } finally {
      process.env['PATH'] = path;
    }
    expect(readFileSync(here('dump.202611241200')).equals(FLAT)).toBe(true);
    const { bytes, made } = await fetch();
    expect([bytes, made]).toEqual([0, true]);
  });

  it('does not begin what the disk has no room for', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT);
    const space = new FreeSpace();
    const others = await space.reserve(root, 1_000_000);
    await expect(space.reserve(root, 1e18)).rejects.toMatchObject({
      code: 'E_DISK_FULL',
      message: expect.stringMatching(/takes up to 1000000000.0 MB|takes up to .*, and 1.0 MB are spoken for/) as string,
    });
    others();
    await fetch({ space });
  });

  it('keeps to a rate, over all transfers together', async () => {
    const limit = new RateLimit(1_000_000);
    expect(limit.take(5000)).toBeUndefined();
    await limit.take(45_000);
    writeFileSync(crash('dump.202611241200'), FLAT.subarray(0, 300_000));
    const begun = performance.now();
    const { bytes } = await fetch({ limit });
    // Three tenths of a second cannot have been less; how much more is the machine's affair.
    expect(performance.now() - begun).toBeGreaterThan((bytes / 1_000_000) * 1000 * 0.8);
  });
});

describe('deleting a fetched dump', () => {
  const remove = (fetched: Fetched): Promise<void> =>
    deleteDump(conversation, fetched, templates['delete-dump.sh'] ?? '');

  beforeEach(() => writeFileSync(crash('dump.202611241200'), FLAT));

  it('takes the whole directory, and is content when it is gone', async () => {
    const fetched = await fetch();
    await remove(fetched);
    expect(existsSync(crash())).toBe(false);
    await remove(fetched);
  });

  it.each<[string, string, () => void]>([
    ['another file is there', 'other files', () => writeFileSync(crash('more'), '')],
    ['a file is gone', 'other files', () => rmSync(crash('dmesg.202611241200'))],
    [
      'a file changed',
      'dmesg.202611241200 is not what was fetched',
      () => writeFileSync(crash('dmesg.202611241200'), 'x'),
    ],
    [
      'ours was damaged',
      'vmcore here is not what was fetched',
      () => {
        const damaged = readFileSync(here('vmcore'));
        damaged[1000] = (damaged[1000] ?? 0) ^ 1;
        writeFileSync(here('vmcore'), damaged);
      },
    ],
  ])('does nothing when %s', async (_name, words, happen) => {
    const fetched = await fetch();
    const before = readdirSync(crash()).length;
    happen();
    const after = readdirSync(crash());
    await expect(remove(fetched)).rejects.toMatchObject({
      code: 'E_DUMP',
      message: expect.stringContaining(words) as string,
    });
    expect(readdirSync(crash())).toEqual(after);
    expect(Math.abs(after.length - before)).toBeLessThanOrEqual(1);
  });

  it('never deletes what cannot be read', async () => {
    writeFileSync(crash('dump.202611241200'), FLAT.subarray(0, 5_000_000));
    utimesSync(crash('dump.202611241200'), 1000, 1000);
    const fetched = await fetch();
    expect(fetched.manifest.vmcore).toBeNull();
    await expect(remove(fetched)).rejects.toMatchObject({ code: 'E_DUMP' });
    expect(existsSync(crash('dump.202611241200'))).toBe(true);
  });
});

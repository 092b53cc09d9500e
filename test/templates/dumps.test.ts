import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseDumps } from '../../src/crash/dumps/parse.ts';
import { dumpsScript, type DumpsWants } from '../../src/crash/dumps/script.ts';
import type { DumpsAnswer } from '../../src/crash/dumps/dump.ts';
import { FrameReader, wrapScript } from '../../src/guest/frames.ts';
import { shippedText } from '../../src/shipped/files.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const MIB = 1024 * 1024;
let root = '';

const at = (path: string): string => join(root, path);
function write(path: string, data: string | Buffer): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), data);
}

/** A dump as makedumpfile -F writes it. */
function flattened(size = 6 * MIB): Buffer {
  const dump = Buffer.alloc(size, 7);
  dump.write('makedumpfile\0\0\0\0', 'latin1');
  dump.fill(0xff, size - 16);
  return dump;
}

/** The look, with every path of the guest under our root. */
function look(wants: DumpsWants = {}, shell = 'dash'): DumpsAnswer {
  const template = shippedText('templates/guest/dumps.sh')
    .replaceAll(/(?<![\w}])\/(proc|var|etc)\//g, (_whole, top: string) => `${root}/${top}/`)
    .replace(/:-\/var\/crash/, `:-${root}/var/crash`);
  const { stdout, stderr } = spawnSync(shell, ['-s'], {
    input: wrapScript(dumpsScript(template, wants), NONCE),
    maxBuffer: 1 << 26,
  });
  expect(stderr.toString()).toBe('');
  const reader = new FrameReader(NONCE);
  reader.push(stdout);
  expect(reader.exitCode).toBe(0);
  return parseDumps(reader.sections);
}

const verdicts = ({ dumps }: DumpsAnswer): Record<string, string> =>
  Object.fromEntries(
    dumps.map(({ name, verdict }) => [name, verdict.valid ? (verdict.note ?? 'valid') : verdict.reason.split(':')[0]!]),
  );

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dumps-'));
  write('proc/sys/kernel/random/boot_id', '11111111-2222-3333-4444-555555555555\n');
  write('proc/meminfo', 'MemFree: 1 kB\nMemTotal:        2000000 kB\nMemFree: 3 kB\n');
  mkdirSync(at('var/crash'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

describe.each(['dash', 'bash'])('a look at dumps in %s', (shell) => {
  it('tells what each directory holds', () => {
    write('var/crash/kdump_lock', '');
    write('var/crash/kexec_cmd', '');
    write('var/crash/202611241200/dump.202611241200', flattened());
    write(
      'var/crash/202611241200/dmesg.202611241200',
      [
        '[    1.0] provision-crash-test: tag-1',
        '[   99.0] INFO: task first:7 blocked for more than 60 seconds.',
        '[  100.0] INFO: task Xorg:1458 blocked for more than 60 seconds.',
        '[  100.1] Kernel panic - not syncing: hung_task: blocked tasks',
        '[  100.2] ---[ end Kernel panic - not syncing: hung_task: blocked tasks ]---',
        '',
      ].join('\n'),
    );
    write('var/crash/202611241200/capture.log', 'x');
    const answer = look({}, shell);
    expect(answer).toMatchObject({
      coredir: at('var/crash'),
      exists: true,
      readable: true,
      bootId: '11111111-2222-3333-4444-555555555555',
      memTotalKiB: 2_000_000,
      kdumpLock: true,
      kexecCmd: true,
      captureKernel: false,
      remote: null,
    });
    expect(answer.freeKiB).toBeGreaterThan(0);
    expect(answer.dumps).toEqual([
      expect.objectContaining({
        name: '202611241200',
        directory: at('var/crash/202611241200'),
        dump: { name: 'dump.202611241200', size: 6 * MIB, format: 'flattened', incomplete: false },
        panic: 'hung_task: blocked tasks',
        trigger: 'hung_task',
        blocked: { comm: 'Xorg', pid: 1458, seconds: 60 },
        tag: 'tag-1',
        captureLog: true,
        journal: false,
        verdict: { valid: true },
      }),
    ]);
    expect(answer.dumps[0]?.files.map(({ name }) => name)).toEqual([
      'capture.log',
      'dmesg.202611241200',
      'dump.202611241200',
    ]);
  });

  it('tells dumps that cannot be read from those that can', () => {
    write('var/crash/202601010001/dump.202601010001', flattened());
    write('var/crash/202601010002/dump.202601010002', '');
    write('var/crash/202601010003/dump.202601010003', flattened().subarray(0, 5 * MIB));
    write('var/crash/202601010004/dump-incomplete', flattened());
    write('var/crash/202601010005/dmesg.202601010005', '[ 1.0] x\n');
    mkdirSync(at('var/crash/202601010006'));
    write('var/crash/202601010007/dump.202601010007', flattened(MIB));
    write('var/crash/host-202601010008/vmcore.202601010008', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(5 * MIB)]));
    expect(verdicts(look({}, shell))).toEqual({
      '202601010001': 'valid',
      '202601010002': 'empty',
      '202601010003': 'truncated',
      '202601010004': 'incomplete',
      '202601010005': 'no dump',
      '202601010006': 'no dump',
      '202601010007': 'implausibly small',
      'host-202601010008': 'valid',
    });
  });

  it('decompresses when asked to', () => {
    const random = (): Buffer => execFileSync('head', ['-c', String(6 * MIB), '/dev/urandom'], { maxBuffer: 1 << 26 });
    const whole = random();
    whole.write('makedumpfile\0\0\0\0', 'latin1');
    whole.fill(0xff, whole.length - 16);
    const gzip = (input: Buffer): Buffer => execFileSync('gzip', ['-1c'], { input, maxBuffer: 1 << 26 });
    write('var/crash/202601010001/dump.202601010001.gz', gzip(whole));
    write('var/crash/202601010002/dump.202601010002.gz', gzip(whole.subarray(0, whole.length - 8)));
    write('var/crash/202601010003/dump.202601010003.gz', gzip(whole).subarray(0, 5 * MIB));
    write('var/crash/202601010004/dump.202601010004', flattened());
    const shallow = 'only its gzip container was looked at';
    expect(verdicts(look({}, shell))).toEqual({
      '202601010001': shallow,
      '202601010002': shallow,
      '202601010003': shallow,
      '202601010004': 'valid',
    });
    expect(verdicts(look({ deep: true }, shell))).toEqual({
      '202601010001': 'valid',
      '202601010002': 'truncated',
      '202601010003': 'truncated',
      '202601010004': 'valid',
    });
  });

  it('takes names as they are, and only what is named like a dump', () => {
    for (const name of ["2026 it's\n$(odd)", 'kdump', 'lost+found', 'host', '2']) mkdirSync(at(`var/crash/${name}`));
    write("var/crash/2026 it's\n$(odd)/a b\nc", 'x');
    write("var/crash/2026 it's\n$(odd)/dump.1 \n", flattened());
    write('var/crash/2-is-a-file', '');
    symlinkSync('/etc', at('var/crash/2026-link'));
    const { dumps } = look({}, shell);
    expect(dumps.map(({ name }) => name).sort()).toEqual(['2', "2026 it's\n$(odd)"]);
    const odd = dumps.find(({ name }) => name !== '2');
    expect(odd?.files.map(({ name }) => name)).toEqual(['a b\nc', 'dump.1 \n']);
    expect(odd?.verdict).toEqual({ valid: true });
  });

  it('reads where kdump-tools is told to put dumps, as kdump-config does', () => {
    write('etc/default/kdump-tools', `X=$UNSET\nKDUMP_COREDIR="${at('srv')}/my crash/"\nSSH="root@dumps"\necho chatter\n`);
    write('srv/my crash/202611241200/dump.202611241200', flattened());
    expect(look({}, shell)).toMatchObject({
      coredir: at('srv/my crash'),
      remote: 'SSH root@dumps',
      dumps: [{ directory: at('srv/my crash/202611241200') }],
    });
  });

  it('leaves out what is older than asked', () => {
    write('var/crash/202601010001/dump.202601010001', flattened());
    write('var/crash/202601010002/dump.202601010002', '');
    utimesSync(at('var/crash/202601010001'), 1000, 1000);
    utimesSync(at('var/crash/202601010002'), 2000, 2000);
    const names = (since: number): string[] => look({ since }, shell).dumps.map(({ name }) => name);
    expect(names(1000)).toEqual(['202601010002', '202601010001']);
    expect(names(1500.5)).toEqual(['202601010002']);
    expect(names(3000)).toEqual([]);
  });

  it('says that there is nothing', () => {
    expect(look({}, shell)).toMatchObject({ exists: true, dumps: [] });
    rmSync(at('var/crash'), { recursive: true });
    expect(look({}, shell)).toMatchObject({ exists: false, readable: false, freeKiB: null, dumps: [] });
  });
});

describe('parseDumps', () => {
  it('never throws anything but E_PROBE, whatever a guest prints', () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
      fc.constantFrom('f 12 1.5\0/var/crash/2\0dump.1\0', '12 /var/crash/2/dump.1\0', 'x'.repeat(12), '1 panic x\n').map((each) => Buffer.from(each)),
    );
    const names = ['host', 'coredir', 'entries', 'sizes', 'heads', 'tails', 'inside', 'logs', 'dmesg'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), text)), (sections) => {
        const map = new Map([['host', Buffer.from('now 5\n')] as const, ...sections]);
        try {
          parseDumps(map);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_PROBE' });
        }
      }),
    );
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FrameReader, wrapScript } from '../../src/guest/frames.ts';
import { parseEvidence } from '../../src/investigate/evidence/parse.ts';
import type { EvidenceAnswer } from '../../src/investigate/evidence/piece.ts';
import { shippedPath, shippedText } from '../../src/shipped/files.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
let root = '';

function write(path: string, data: string | Buffer, seconds = 1_700_000_000): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
  utimesSync(file, seconds, seconds);
}

/** The look, with every path of the guest under our root. */
function look(shell: string, uid = '0'): EvidenceAnswer {
  write('proc/self/status', `Name:\tsh\nUid:\t1000\t${uid}\t1000\t1000\n`);
  const template = shippedText('templates/guest/evidence-list.sh')
    .replaceAll(/(?<![\w}])\/(proc|var|run)\//g, (_whole, top: string) => `${root}/${top}/`)
    .replace('systemctl show', 'echo active; : ');
  const { stdout, stderr } = spawnSync(shell, ['-s'], { input: wrapScript(template, NONCE) });
  expect(stderr.toString()).toBe('');
  const reader = new FrameReader(NONCE);
  reader.push(stdout);
  expect(reader.exitCode).toBe(0);
  const answer = parseEvidence(reader.sections);
  const under = (path: string): string => path.replace(root, '');
  return {
    ...answer,
    pieces: answer.pieces.map((piece) => ({
      ...piece,
      directory: under(piece.directory),
      place: under(piece.directory).startsWith('/run/') ? 'memory' : 'disk',
    })),
  };
}

const about = (why: string, ...more: readonly string[]): string =>
  ['format 1', 'now 1700000000', 'boot_id b1', 'kernel 6.1', 'hostname vm1', 'uptime 60.5', 'limit 30', `why ${why}`, ...more, ''].join('\n');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evidence-'));
  write('proc/sys/kernel/random/boot_id', 'b2\n');
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

describe.each(['dash', 'bash'])('a look at evidence in %s', (shell) => {
  it('tells what each piece holds, newest first, on the disk and in memory', () => {
    const first = 'var/lib/provision/evidence/000001-20231114T221320Z-blocked';
    write(`${first}/about`, about('blocked', 'task 7 12 15  two  blanks ', 'task 1458 100 30 Xorg'));
    write(`${first}/ended`, 'task 1458 100 35 woke Xorg\ntask 7 99 1 gone another\n');
    write(`${first}/stacks.gz`, Buffer.alloc(300));
    const second = 'run/provision/evidence/000002-20231114T221330Z-memory';
    write(`${second}/about`, about('memory', 'pressure memory 12 45.5', 'again yes', 'dropped 99'));
    write('run/provision/evidence/number', '2\n');
    write('run/provision/evidence/ended.7', 'x\n');
    write('var/lib/provision/evidence/.new-000003-x/about', 'half');
    const { pieces, ...host } = look(shell);
    expect(host).toEqual({ now: expect.any(Number) as number, bootId: 'b2', watcher: 'active' });
    expect(pieces).toEqual([
      expect.objectContaining({
        name: '000002-20231114T221330Z-memory',
        place: 'memory',
        stacks: null,
        about: expect.objectContaining({
          why: 'memory',
          again: true,
          dropped: true,
          tasks: [],
          pressures: [{ resource: 'memory', seconds: 12, percent: 45.5, ended: null }],
        }) as object,
      }),
      {
        name: '000001-20231114T221320Z-blocked',
        directory: `/${first}`,
        place: 'disk',
        bytes: 300 + about('blocked', 'task 7 12 15  two  blanks ', 'task 1458 100 30 Xorg').length + 52,
        stacks: { name: 'stacks.gz', size: 300, mtime: 1_700_000_000 },
        about: {
          why: 'blocked',
          again: false,
          time: 1_700_000_000,
          bootId: 'b1',
          kernel: '6.1',
          hostname: 'vm1',
          uptimeSeconds: 60.5,
          limitSeconds: 30,
          tasks: [
            { tid: 1458, start: '100', comm: 'Xorg', seconds: 30, ended: { seconds: 35, how: 'woke' } },
            // An end of another task that had this id is not its own.
            { tid: 7, start: '12', comm: ' two  blanks ', seconds: 15, ended: null },
          ],
          pressures: [],
          dropped: false,
        },
        texts: {
          about: expect.arrayContaining(['why blocked']) as string[],
          ended: ['task 1458 100 35 woke Xorg', 'task 7 99 1 gone another'],
        },
      },
    ]);
  });

  it('has nothing to tell of a guest without any', () => {
    expect(look(shell).pieces).toEqual([]);
  });

  it('shows what it cannot read, and does not take it for anything', () => {
    write('var/lib/provision/evidence/000001-x/about', 'format 2\nwhy blocked\nnow 1\n');
    write('var/lib/provision/evidence/000002-x/about', Buffer.from([0xff, 0, 10, 0x3a, 10]));
    write('var/lib/provision/evidence/000003-x/stacks.gz', 'x');
    expect(look(shell).pieces.map((piece) => [piece.name, piece.about])).toEqual([
      ['000003-x', null],
      ['000002-x', null],
      ['000001-x', null],
    ]);
  });

  it('is for root', () => {
    expect(() => look(shell, '1000')).toThrow('only root may see evidence');
  });
});

it('has nothing that shellcheck would say', () => {
  const script = shippedPath('templates/guest/evidence-list.sh');
  const { stdout, error } = spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC2317', script], { encoding: 'utf8' });
  if (error === undefined) expect(stdout).toBe('');
});

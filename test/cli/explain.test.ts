import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'src/main.ts'), 'explain'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function explain(args: readonly string[], stdin: string | Buffer = ''): Promise<Said> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1' };
    const options = { cwd: folder, env, maxBuffer: 1 << 26 };
    const child = execFile(process.execPath, [...COMMAND, ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    // Whoever refuses the first bytes does not read the rest.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}

function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const STACK = `[<0>] __flush_work+0x12c/0x1d8
[<0>] drain_all_pages+0x1a4/0x270
[<0>] __alloc_pages_nodemask+0x8dc/0xd58
[<0>] ttm_pool_populate+0x1cc/0x4f0 [ttm]
[<0>] virtio_gpu_object_create+0x1c4/0x2a0 [virtio_gpu]
[<0>] el0_svc+0x8/0xc
`;
const UNKNOWN = '[<0>] my_wait+0x12/0x40 [mydrv]\n[<0>] my_ioctl+0x12/0x40 [mydrv]\n';

describe('provision explain', () => {
  it('reads standard input, and shows frames, age, match, fixes and what to look at', async () => {
    for (const args of [[], ['-']]) {
      const { code, stdout, stderr } = await explain(args, STACK);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('standard input: 1 different stack in 6 lines.');
      expect(stdout).toMatch(/^ {2}\+ wait_for_completion /m);
      expect(stdout).toContain('Kernel before 5.4');
      expect(stdout).toMatch(/drain-all-pages {2}reclaim-drain, confidence high, \d+ %/);
      expect(stdout).toContain('443c2accd1b6 mm/page_alloc: remotely drain per-cpu lists (since 6.0)');
    }
  });

  it('emits one event for each match, best first, and in the end what it read', async () => {
    writeFileSync(join(folder, 'hang.txt'), `$ sudo cat /proc/1458/stack\n${STACK}\nXorg (12):\n${UNKNOWN}`);
    const { code, stdout } = await explain(['hang.txt', '--json']);
    const all = events(stdout);
    expect(code).toBe(0);
    expect(all[0]).toMatchObject({
      v: 1,
      kind: 'explain.match',
      signature: 'drain-all-pages',
      category: 'reclaim-drain',
      task: { pid: 1458 },
      trace: 'proc',
      line: 2,
      count: 1,
      age: { from: null, before: '5.4' },
    });
    const matches = all.filter(({ kind, line }) => kind === 'explain.match' && line === 2);
    const confidences = matches.map(({ confidence }) => Number(confidence));
    expect(confidences).toEqual([...confidences].sort((one, other) => other - one));
    expect(all.at(-2)).toMatchObject({
      kind: 'explain.match',
      signature: null,
      category: 'unknown',
      confidence: 0,
      subsystem: 'mydrv',
      task: { pid: 12, comm: 'Xorg' },
    });
    expect(all.at(-1)).toMatchObject({ kind: 'explain.read', source: 'hang.txt', stacks: 2, different: 2, dropped: 0 });
  });

  it('is honest about a stack that it does not know', async () => {
    const { code, stdout } = await explain([], UNKNOWN);
    expect(code).toBe(0);
    expect(stdout).toContain('This stack fits no known hang. All that can be said: it waits, or works, in mydrv.');
    expect(stdout).toContain('$ echo w > /proc/sysrq-trigger; dmesg');
  });

  it('folds tasks that wait in one place, begins with an overview, and ends with what is no hang', async () => {
    const tasks = Array.from({ length: 18 }, (_none, index) => `==> /proc/${index + 100}/stack <==\n${STACK}`).join(
      '\n',
    );
    const sleeper =
      '==> /proc/7/stack <==\n[<0>] worker_thread+0x5/0x9\n[<0>] kthread+0x1/0x2\n[<0>] ret_from_fork+0x1/0x2\n';
    const others = ['a_wait', 'b_wait'].map((name) => UNKNOWN.replace('my_wait', name)).join('\n');
    const { stdout } = await explain([], `${tasks}\n${sleeper}\n${others}`);
    expect(stdout).toContain('18 tasks: same stack');
    expect(stdout).toMatch(/^ +18x drain-all-pages +high, \d+ % +pid 100 and 17 more +line 2$/m);
    expect(stdout).toMatch(/Not hangs: 1 stack, -v shows it/);
    expect(stdout.split('\n').filter((line) => !line.trimStart().startsWith('$') && line.length > 100)).toEqual([]);
  });

  it.each<[string, () => string[], string | Buffer, RegExp]>([
    ['an empty input', () => [], '', /^error: standard input is empty\nhint: /],
    [
      'a text without a stack',
      () => [],
      'nothing to see here\n',
      /^error: there is no kernel stack in standard input\nhint: /,
    ],
    [
      'a file that is not there',
      () => ['missing.txt'],
      '',
      /^error: cannot read missing\.txt: no such file or directory\n$/,
    ],
    ['a folder', () => ['.'], '', /^error: \. is a folder, not a text\n$/],
    ['two files', () => ['a', 'b'], '', /^error: too many arguments for 'explain'/],
    [
      'a gzip',
      () => [],
      Buffer.from([0x1f, 0x8b, 8, 0]),
      /^error: standard input is compressed with gzip, not text\nhint: zcat /,
    ],
    [
      'a dump',
      () => [],
      'KDUMP   xyz',
      /^error: standard input is a crash dump, not text\nhint: provision dumps analyze /,
    ],
    [
      'noise',
      () => [],
      Buffer.from(Array.from({ length: 5000 }, (_none, index) => (index * 7919) % 256)),
      /^error: there is no kernel stack/,
    ],
  ])('refuses %s with exit 2', async (_what, args, stdin, message) => {
    const { code, stdout, stderr } = await explain(args(), stdin);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('lets nothing in the text reach the terminal as it is', async () => {
    const hostile = `PID 12 (\u001b]0;owned\u0007X):\nINFO: task \u202eevil\u0000:1 blocked for more than 120 seconds.\nCall Trace:\n schedule+0x1/0x2 [m\u009b31m]\n a_b+0x1/0x2\n`;
    for (const flags of [[], ['--json'], ['-v'], ['-q']]) {
      const { code, stdout } = await explain(flags, hostile);
      expect(code).toBe(0);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('stops reading when it is interrupted', async () => {
    const child = spawn(process.execPath, [...COMMAND, '-'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    // It is reading once it has taken more than a pipe holds.
    const taken = new Promise<void>((resolve) =>
      child.stdin.write('[    1.0] a line\n'.repeat(40_000), () => resolve()),
    );
    await taken;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stderr).toContain('reading standard input was interrupted');
  });
});

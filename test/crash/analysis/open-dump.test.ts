import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findDump } from '../../../src/crash/analysis/dump-file.ts';
import { runTool, TOOLS } from '../../../src/crash/local-tool.ts';
import { openDump } from '../../../src/crash/analysis/open-dump.ts';
import type { Work } from '../../../src/crash/analysis/work.ts';
import { flattened, kdumpFile } from '../support/files.ts';
import { unwatched } from '../support/work.ts';

const NAME = 'dump.202611241724';
let folder: string;
let work: Work;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dump-'));
  work = unwatched(join(folder, 'cache'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, content: Buffer | string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const hasMakedumpfile = spawnSync('makedumpfile', ['--version']).error === undefined;

describe.skipIf(!hasMakedumpfile)('openDump, with the real makedumpfile', () => {
  it('puts the flattened format in order, once', async () => {
    const file = put(NAME, flattened(kdumpFile()));
    const open = await openDump(file, work);
    expect(open).toMatchObject({ path: `${file}.kdump`, format: 'flattened' });
    expect(readFileSync(open.path).subarray(0, 8).toString()).toBe('KDUMP   ');
    const tools: string[] = [];
    await openDump(file, {
      ...work,
      step: (text) => Promise.reject(new Error(text)),
      source: ({ tool }) => void tools.push(tool),
    });
    expect(tools).toEqual([]);
  });

  it('unpacks first, and leaves nothing but the result', async () => {
    const file = put(`${NAME}.gz`, gzipSync(flattened(kdumpFile())));
    expect(await openDump(file, work)).toMatchObject({ path: `${file}.kdump`, format: 'flattened' });
    expect(readdirSync(folder).sort()).toEqual([`${NAME}.gz`, `${NAME}.gz.kdump`]);
  });
});

describe('openDump', () => {
  it('takes a dump that is in order as it is', async () => {
    const file = put('vmcore', kdumpFile());
    expect(await openDump(file, work)).toMatchObject({ path: file, format: 'kdump' });
    expect(readdirSync(folder)).toEqual(['vmcore']);
  });

  it.each([
    ['an empty dump', NAME, Buffer.alloc(0), 'empty'],
    ['one that is cut off', NAME, flattened(kdumpFile()).subarray(0, 9000), 'truncated'],
    ['text', NAME, Buffer.from('hello'), 'not a dump'],
    ['a cut-off archive', `${NAME}.gz`, gzipSync(flattened(kdumpFile())).subarray(0, 100), 'gzip cannot unpack it'],
    ['an archive of nothing', `${NAME}.gz`, gzipSync(Buffer.alloc(0)), 'empty'],
  ])('refuses %s and leaves nothing behind', async (_what, name, content, reason) => {
    const file = put(name, content);
    const opened = openDump(file, work);
    await expect(opened).rejects.toMatchObject({ code: 'E_DUMP' });
    await expect(opened).rejects.toThrow(reason);
    expect(readdirSync(folder)).toEqual([name]);
  });
});

describe('findDump', () => {
  it('takes the file, its folder, or the newest folder of a guest', () => {
    for (const stamp of ['202611241700', '202611241724']) {
      mkdirSync(join(folder, stamp));
      put(`${stamp}/dump.${stamp}`, 'x');
      put(`${stamp}/dmesg.${stamp}`, 'x');
    }
    const expected = {
      dump: join(folder, '202611241724', NAME),
      dmesg: join(folder, '202611241724', 'dmesg.202611241724'),
    };
    expect(findDump(folder)).toEqual(expected);
    expect(findDump(join(folder, '202611241724'))).toEqual(expected);
    expect(findDump(expected.dump)).toEqual(expected);
  });

  it('takes what a fetch left: vmcore and the log', () => {
    put('vmcore', 'x');
    put('dump.json', '{}');
    put('dmesg.202611241724', 'x');
    expect(findDump(folder)).toEqual({ dump: join(folder, 'vmcore'), dmesg: join(folder, 'dmesg.202611241724') });
  });

  it('passes over an empty log and what we made ourselves', () => {
    put(NAME, 'x');
    put(`${NAME}.kdump`, 'x');
    put('dmesg.202611241724', '');
    expect(findDump(folder)).toEqual({ dump: join(folder, NAME), dmesg: null });
  });

  it.each([
    ['dump-incomplete', 'never finished'],
    ['kexec_cmd', 'a dump is called'],
  ])('says what is wrong with a folder that has only %s', (name, hint) => {
    put(name, 'x');
    expect(() => findDump(folder)).toThrow(
      expect.objectContaining({ code: 'E_DUMP', hint: expect.stringContaining(hint) as string }),
    );
  });
});

describe('runTool', () => {
  const options = { signal: new AbortController().signal };
  const sh = { command: 'sh', package: 'dash' };

  it('names the package of a tool that is not there', async () => {
    const tool = { command: 'provision-no-such-tool', package: 'no-such-package' };
    await expect(runTool(tool, [], options)).rejects.toMatchObject({
      code: 'E_LOCAL_TOOL',
      hint: 'apt install no-such-package',
    });
    await expect(runTool(tool, [], { ...options, into: ['cat'] })).rejects.toMatchObject({ code: 'E_LOCAL_TOOL' });
  });

  it('passes arguments, files and exit codes through', async () => {
    const odd = `it's "$HOME" \\ ü`;
    const answer = await runTool(sh, ['-c', 'printf "%s" "$1"; echo oops >&2; exit 3', 'sh', odd], options);
    expect(answer).toMatchObject({ stdout: odd, stderr: 'oops\n', code: 3 });
    const copy = join(folder, "a'b");
    await runTool(sh, ['-c', 'cat'], { ...options, stdin: put('in', 'text'), stdout: copy });
    expect(readFileSync(copy, 'utf8')).toBe('text');
  });

  it('knows which end of a pipe failed', async () => {
    expect(await runTool(sh, ['-c', 'echo a; exit 4'], { ...options, into: ['cat'] })).toMatchObject({
      stdout: 'a\n',
      code: 4,
    });
    expect(await runTool(sh, ['-c', 'echo a'], { ...options, into: ['sh', '-c', 'cat; exit 5'] })).toMatchObject({
      code: 5,
    });
  });

  it('ends what takes too long, and what nobody waits for', async () => {
    const sleep = { command: 'sleep', package: 'coreutils' };
    await expect(runTool(sleep, ['1000'], { ...options, timeoutMs: 1000 })).rejects.toThrow('did not end within 1 s');
    const stop = new AbortController();
    const marker = join(folder, 'started');
    const script = 'echo $$ > "$1"; exec sleep 1000';
    const started = runTool(sh, ['-c', script, 'sh', marker], { signal: stop.signal });
    started.catch(() => undefined);
    const pid = (): number => Number(readFileSync(marker, 'utf8').trim());
    await vi.waitFor(() => expect(pid()).toBeGreaterThan(1), { timeout: 10_000 });
    stop.abort();
    await expect(started).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await vi.waitFor(() => expect(() => process.kill(pid(), 0)).toThrow('ESRCH'), { timeout: 10_000 });
  });

  it('names the packages of what an analysis needs', () => {
    expect(TOOLS.drgn.package).toBe('python3-drgn');
  });
});

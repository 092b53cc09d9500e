import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/crash/analysis/analysis.ts';
import { kdumpFile, vmlinux } from '../crash/support/files.ts';
import { fixture } from '../crash/support/fixture.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STAMP = '202611241724';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'analyze-'));
  mkdirSync(join(folder, 'dumps/vm1', STAMP), { recursive: true });
  writeFileSync(join(folder, 'dumps/vm1', STAMP, 'vmcore'), kdumpFile());
  writeFileSync(join(folder, 'dumps/vm1', STAMP, `dmesg.${STAMP}`), fixture('hung-task.dmesg'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function provision(args: readonly string[], path = process.env['PATH']): Promise<Said> {
  const env = { ...process.env, PATH: path, XDG_CACHE_HOME: join(folder, 'cache'), NO_COLOR: '1' };
  const argv = [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'src/main.ts'), 'dumps', 'analyze', ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** A PATH with these programs and no others. */
function pathOf(...programs: readonly string[]): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of programs) symlinkSync(`/usr/bin/${program}`, join(bin, program));
  return bin;
}

describe('provision dumps analyze', () => {
  it('reads the fetched dump of a guest without symbols, on a machine with nothing installed', async () => {
    const html = join(folder, 'report.html');
    const args = ['vm1', '--no-symbols', '--html', html];
    const { code, stdout, stderr } = await provision(args, pathOf('sh', 'timeout'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^hung_task: blocked tasks\n/);
    expect(stdout).toContain("1 task blocked, as far as the kernel's log says\n  Xorg (pid 471)  for 20.0 s\n");
    expect(readFileSync(html, 'utf8')).toContain('<h1 class="bad">hung_task: blocked tasks</h1>');
  });

  it('prints one JSON object for each dump', async () => {
    const dump = join(folder, 'dumps/vm1', STAMP);
    const { code, stdout } = await provision([dump, 'vm1', '--no-symbols', '--json']);
    const analyses = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Analysis);
    expect(code).toBe(0);
    expect(analyses.map(({ kernel }) => kernel.release)).toEqual(['6.1.0-56-amd64', '6.1.0-56-amd64']);
  });

  it('names the package when drgn is missing', async () => {
    writeFileSync(join(folder, 'vmlinux'), vmlinux('eb4fbcd037e7253717950bf2b93bd5566f47c56f'));
    const { code, stderr } = await provision(['vm1', '--vmlinux', 'vmlinux'], pathOf('sh', 'timeout', 'mktemp'));
    expect(code).toBe(1);
    expect(stderr).toBe('error: drgn is not installed on this machine\nhint: apt install python3-drgn\n');
  });

  it('refuses a vmlinux of another build', async () => {
    writeFileSync(join(folder, 'vmlinux'), vmlinux('15dfff3239aa7c3b16a71e6b2e3b6e4009dab998'));
    const { code, stderr } = await provision(['vm1', '--vmlinux', 'vmlinux']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      '15dfff3239aa7c3b16a71e6b2e3b6e4009dab998, the dump has eb4fbcd037e7253717950bf2b93bd5566f47c56f',
    );
  });

  it.each([
    [[], 2, 'needs a dump'],
    [['vm9'], 2, 'provision dumps fetch vm9'],
    [['vm1', 'vm1', '--html', 'x.html'], 2, '--html takes one dump'],
    [['/etc/hostname'], 1, 'cannot be read as a dump'],
  ])('%j ends with %i', async (args, code, words) => {
    const said = await provision(args);
    expect([said.code, said.stdout]).toEqual([code, '']);
    expect(said.stderr).toContain(words);
    expect(said.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-bundle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the bundle', () => {
  test('runs where docs/scale.md puts it, without node_modules, however it is started', () => {
    const commands = /without `node_modules`:\n\n((?: {4}.+\n)+)/.exec(
      readFileSync(join(root, 'docs/scale.md'), 'utf8'),
    )![1]!;
    const there = join(folder, 'provision');
    const script = `set -e\n${commands.replaceAll('/opt/provision', there)}`;
    const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
    expect(execFileSync('sh', { cwd: root, input: script, encoding: 'utf8' })).toBe(`${version}\n`);

    const start = (file: string): string =>
      execFileSync('node', [join(there, 'dist', file), 'profiles', 'list'], { cwd: folder, encoding: 'utf8' });
    expect(start('main.js')).toContain('debug-panic');
    expect(start('bundle/provision.cjs')).toBe(start('main.js'));
  });

  test('asks for nothing but node, what an engine brings and the native parts of ssh2', () => {
    const text = readFileSync(join(root, 'dist/bundle/provision.cjs'), 'latin1');
    const asked = [...text.matchAll(/\brequire\(["']([^"'.][^"']*)["']\)/g)].map(([, name]) => name!);
    const others = asked.filter((name) => !isBuiltin(name) && !name.endsWith('.node'));
    expect([...new Set(others)].sort()).toEqual(['bullmq', 'cpu-features', 'ioredis']);
  });
});

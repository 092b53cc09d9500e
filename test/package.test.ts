import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** What npm always puts in, and what the program reads or is. */
const EXPECTED = /^(?:package\.json|README\.md|LICENSE|man\/provision\.1|(?:dist|profiles|catalogue|templates)\/.+)$/;

interface Packed {
  files: { path: string }[];
}

describe('the package that npm would publish', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(output) as [Packed];
  const files = packed.files.map(({ path }) => path);

  it('holds nothing that is not meant to be in it', () => {
    expect(files.filter((file) => !EXPECTED.test(file))).toEqual([]);
  });

  it.each(['profiles', 'catalogue', 'templates', 'man'])('holds all of %s', (folder) => {
    const all = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length + 1));
    expect(all.length).toBeGreaterThan(0);
    expect(files).toEqual(expect.arrayContaining(all));
  });

  it('holds the licence, the readme and what `provision` starts', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    // Only a tree that was built has it.
    if (existsSync(join(ROOT, 'dist'))) expect(files).toContain('dist/main.js');
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { reasonOf } from '../src/errno.ts';
import { makeFolder } from '../src/folder.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const refusal = (path: string): string => {
  try {
    makeFolder(path);
  } catch (error) {
    return reasonOf(error);
  }
  return 'made';
};

describe('a folder', () => {
  it('is made with those above it, for its owner alone', () => {
    makeFolder(join(root, 'a/b/c'));
    makeFolder(join(root, 'a/b/c'));
    for (const name of ['a', 'a/b', 'a/b/c']) expect(statSync(join(root, name)).mode & 0o777).toBe(0o700);
  });

  it('is not made where something stands in its way, and the reason is told', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync('loop', join(root, 'loop'));
    expect(refusal(join(root, 'file'))).toBe(`${join(root, 'file')} is no directory`);
    expect(refusal(join(root, 'file/below'))).toBe('part of its path is not a directory');
    expect(refusal(join(root, 'loop/below'))).toBe('its symbolic links go round in a circle');
  });

  // In a process of its own, which can be ended when it hangs.
  it.each(['/proc/runs', '/proc/runs/deeper'])(
    'below a file system that has no place for it ends at once: %s',
    (path) => {
      const main = join(import.meta.dirname, '../src/main.ts');
      const args = ['--import', 'tsx', main, 'arm', 'local', '--yes', '--runs-dir', path];
      const { status, signal, stderr } = spawnSync(process.execPath, args, { timeout: 60_000, encoding: 'utf8' });
      expect(signal).toBe(null);
      expect(status, stderr).toBe(2);
      expect(stderr).toContain('the journal of this run cannot be written: no folder can be made in /proc');
      expect(stderr).toContain('--runs-dir');
    },
  );
});

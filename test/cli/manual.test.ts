import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { manualText } from '../../src/cli/manual.ts';
import { ALL_COMMANDS } from '../../src/cli/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'man/provision.1');

describe('the man page', () => {
  it('is the one that scripts/man.mjs writes', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(manualText());
  });

  it('is what mandoc takes without a word', () => {
    const { status, stderr } = spawnSync(join(ROOT, 'scripts/prepare'), ['mandoc'], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'style', FILE], { encoding: 'utf8' });
    expect(lint.stdout + lint.stderr).toBe('');
  });

  it('shows every command and every flag, as they are typed', () => {
    const shown = execFileSync('mandoc', ['-T', 'ascii', '-O', 'width=300', FILE], { encoding: 'utf8' });
    // Overstriking is how a terminal's bold comes.
    const text = shown.replaceAll(/.\u0008/g, '');
    for (const { name, hidden, flags = [], examples = [] } of ALL_COMMANDS) {
      if (hidden === true) continue;
      expect(text).toContain(`\n   ${name}`);
      for (const [names, , extra] of flags) if (extra !== 'hidden') expect(text).toContain(names);
      for (const example of examples) expect(text).toContain(example);
    }
    expect(text).not.toContain('__complete');
  });
});

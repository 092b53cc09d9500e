import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { command, quote } from '../../src/shell.ts';

const SHELLS = [
  ['dash', []],
  ['bash', []],
  ['bash', ['--posix']],
  ['busybox', ['sh']],
] as const;

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from(`'"\\\`$!*?[]{}()<>|&;#~=%^ \t\n\r-`)) }),
  fc.constantFrom("'", "''", "a'b", '$(id)', '`id`', '-n', '--', '!!', 'a\nb\n', '\n', '', '$1', '~root', "\\'", '*'),
);
// One process for all cases: starting a shell for each would be the whole cost.
const cases = fc
  .sample(text, { numRuns: 2000, seed: 7 })
  .map((value) => Buffer.from(value.replaceAll('\0', '')).toString('utf8'));

describe.each(SHELLS)('%s %j', (shell, args) => {
  test('says back what was quoted', () => {
    const script = cases.map((value) => `printf '%s\\0' ${quote(value)}`).join('\n');
    const said = execFileSync(shell, [...args, '-s'], { input: script });
    expect(said.toString('utf8').split('\0').slice(0, -1)).toEqual(cases);
  });

  test('keeps arguments apart', () => {
    const said = execFileSync(shell, [...args, '-s'], { input: command(['printf', '%s\\0', ...cases.slice(0, 300)]) });
    expect(said.toString('utf8').split('\0').slice(0, -1)).toEqual(cases.slice(0, 300));
  });
});

test('NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow(/NUL/);
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { editKeys, type ShellKey } from '../../src/plan/shell-keys.ts';
import { command } from '../../src/shell.ts';

const DEFAULT = '# USE_KDUMP - 1\nUSE_KDUMP=1\n#KDUMP_NUM_DUMPS=\n#KDUMP_CMDLINE_APPEND="irqpoll"\n';

describe('keys of a shell-style file', () => {
  it.each<[string, string, ShellKey[], string]>([
    [
      'uncomments in place',
      DEFAULT,
      [{ key: 'KDUMP_NUM_DUMPS', value: '5' }],
      DEFAULT.replace('#KDUMP_NUM_DUMPS=', 'KDUMP_NUM_DUMPS=5'),
    ],
    [
      'changes what is set',
      DEFAULT,
      [{ key: 'USE_KDUMP', value: '0' }],
      DEFAULT.replace('\nUSE_KDUMP=1', '\nUSE_KDUMP=0'),
    ],
    ['changes the last of two', 'A=1\nA=2\n', [{ key: 'A', value: '3' }], 'A=1\nA=3\n'],
    ['appends what is not there', 'B=1\n', [{ key: 'A', value: '"x y"' }], 'B=1\nA="x y"\n'],
    ['starts an empty file', '', [{ key: 'A', value: '1' }], 'A=1\n'],
    ['does not touch longer names', 'AA=1\n#AA=2\n', [{ key: 'A', value: '1' }], 'AA=1\n#AA=2\nA=1\n'],
  ])('%s', (_name, text, keys, expected) => {
    expect(editKeys(text, keys)).toBe(expected);
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fileText, keyList, (text, keys) => {
        const once = editKeys(text, keys);
        expect(editKeys(once, keys)).toBe(once);
      }),
    );
  });

  it('does what the guest does with the same file (edit_keys in dash)', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
    const library = readFileSync(new URL('../../templates/guest/converge.sh', import.meta.url), 'utf8');
    const cases = fc.sample(fc.tuple(fileText, keyList), 60).map(([text, keys], index) => {
      const file = path.join(folder, String(index));
      writeFileSync(file, text);
      return { file, text, keys };
    });
    // One shell for all cases: a fork is dear. `keep` would write to the machine's own /var/lib.
    const calls = cases.map(({ file, keys }) =>
      command(['edit_keys', file, ...keys.flatMap(({ key, value }) => [key, value])]),
    );
    execFileSync('dash', [], { input: [library, 'keep() { :; }', ...calls].join('\n').replace('exec </dev/null', '') });
    for (const { file, text, keys } of cases) expect(readFileSync(file, 'utf8')).toBe(editKeys(text, keys));
  });
});

const KEYS = ['A', 'USE_KDUMP', 'KDUMP_NUM_DUMPS'];
const line = fc.oneof(
  fc.constantFrom(
    'A=1',
    '#A=1',
    '# A=old',
    'AA=1',
    'USE_KDUMP=1',
    '#KDUMP_NUM_DUMPS=',
    '',
    '  A=2',
    'x\\ny',
    '&',
    '$HOME',
  ),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
);
const fileText = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((each) => each + '\n').join(''));
const keyList = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom(...KEYS),
    value: fc.constantFrom('1', '"a b \\ & c"', "'$x'", '', '"irqpoll nr_cpus=1 panic=10"'),
  }),
  { selector: ({ key }) => key, minLength: 1, maxLength: 3 },
);

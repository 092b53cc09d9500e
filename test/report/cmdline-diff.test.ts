import { describe, expect, it } from 'vitest';

import type { CmdlineStep } from '../../src/plan/plan.ts';
import { changedWords, cmdlineLines } from '../../src/report/cmdline-diff.ts';

const step = (before: string, after: string | null): CmdlineStep => ({
  id: 'cmdline:crashkernel',
  kind: 'cmdline',
  risk: 'reboot',
  undo: '',
  before,
  after,
  generated: null,
});
const shown = (before: string, after: string | null): string[] =>
  cmdlineLines(step(before, after)).map((line) => line.map(({ text }) => text.trim()).join(''));

describe('the command line of the next boot', () => {
  it.each<[string, string, string | null, readonly string[]]>([
    ['one more word', 'root=1 ro', 'root=1 ro crashkernel=256M', ['+ crashkernel=256M']],
    [
      'another value',
      'ro crashkernel=384M-:128M',
      'ro crashkernel=256M',
      ['- crashkernel=384M-:128M', '+ crashkernel=256M'],
    ],
    ['others that differ as well', 'ro quiet', 'ro splash nokaslr', ['- quiet', '+ splash', '+ nokaslr']],
    ['the same twice', 'console=a console=a ro', 'console=a ro', ['- console=a']],
    ['nothing', ' ro  quiet ', 'ro quiet', []],
    ['what a rollback takes away', 'ro crashkernel=256M', null, ['- crashkernel=256M']],
  ])('shows %s', (_name, before, after, lines) => {
    expect(shown(before, after)).toEqual(lines);
  });

  it('is told in words where there is one line for it', () => {
    expect(changedWords('ro a b', 'ro c')).toEqual({ before: 'a b', after: 'c' });
    expect(changedWords('ro', 'ro')).toEqual({ before: 'none', after: 'none' });
  });
});

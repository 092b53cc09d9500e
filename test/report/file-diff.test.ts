import { describe, expect, it } from 'vitest';
import type { FileStep } from '../../src/plan/plan.ts';
import { formatFileDiff } from '../../src/report/file-diff.ts';

function diff(before: string | null | undefined, after: string | null | undefined): string[] {
  const step: FileStep = {
    id: 'file:/etc/x',
    kind: 'file',
    risk: 'none',
    undo: 'removed',
    path: '/etc/x',
    before: before === undefined ? null : { sha256: 'a', text: before },
    after: after === undefined ? null : { text: after, sha256: 'b', mode: '0644', uid: 0, gid: 0 },
  };
  return formatFileDiff(step).map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .slice(7),
  );
}

const lines = (n: number, word = 'line'): string => Array.from({ length: n }, (_, i) => `${word} ${i}\n`).join('');

describe('formatFileDiff', () => {
  it('shows three lines around a change', () => {
    const before = lines(20);
    expect(diff(before, before.replace('line 10\n', 'line ten\n'))).toEqual([
      ' line 7',
      ' line 8',
      ' line 9',
      '-line 10',
      '+line ten',
      ' line 11',
      ' line 12',
      ' line 13',
    ]);
  });

  it('says where each of several changes is', () => {
    const before = lines(40);
    const after = before.replace('line 5\n', 'a\n').replace('line 30\n', 'b\n');
    expect(diff(before, after).filter((line) => line.startsWith('@@'))).toEqual(['@@ line 3 @@', '@@ line 28 @@']);
  });

  it('shows a new file whole, up to a point', () => {
    expect(diff(undefined, 'a\n\tb\n')).toEqual(['+a', '+\tb']);
    const long = diff(undefined, lines(100));
    expect(long).toHaveLength(61);
    expect(long.at(-1)).toBe('(+40 more lines; --json has all)');
  });

  it('caps a long diff as well, and gives up on one that is all different', () => {
    expect(diff(lines(100, 'old'), lines(100, 'new'))).toHaveLength(61);
    const started = performance.now();
    expect(diff(lines(20_000, 'old'), lines(20_000, 'new'))).toEqual([
      '(nearly every line differs; --json has both texts)',
    ]);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('says so when bytes are not text, and is silent when a file goes or keeps its text', () => {
    expect(diff(null, 'x\n')).toEqual(['(not UTF-8 text, so there is no diff to show)']);
    expect(diff('x\n', null)).toEqual(['(not UTF-8 text, so there is no diff to show)']);
    expect(diff('x\n', undefined)).toEqual([]);
    expect(diff('x\n', 'x\n')).toEqual([]);
  });

  it('mentions a missing newline at the end', () => {
    expect(diff('a', 'a\n')).toContain('\\ No newline at end of file');
  });
});

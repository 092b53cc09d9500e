import { describe, expect, it } from 'vitest';
import { categoriesOf, loadReports, scoreOf, type Report } from './support.ts';

const reports = loadReports();

/** What was expected and what came out, stack by stack; a stack that was not found counts as unknown. */
function pairsOf(all: readonly Report[]): { file: string; expected: string; got: string }[] {
  return all.flatMap(({ file, expect: expected, text }) => {
    const got = categoriesOf(text);
    const length = Math.max(expected.length, got.length);
    return Array.from({ length }, (_each, index) => ({
      file: `${file} #${index + 1}`,
      expected: expected[index] ?? 'unknown',
      got: got[index] ?? 'unknown',
    }));
  });
}

const misses = (pairs: ReturnType<typeof pairsOf>): string[] =>
  pairs
    .filter(({ expected, got }) => expected !== got)
    .map((pair) => `${pair.file}: ${pair.expected}, got ${pair.got}`);

/** Another boot's stamps, or none. */
const STAMP = /^(\s*)\[ *\d+\.\d*\] ?/gm;
const MOVED: readonly (readonly [string, (text: string) => string])[] = [
  ['with other stamps', (text) => text.replaceAll(STAMP, '$1[99999.000001] ')],
  ['as journalctl prints them', (text) => text.replaceAll(STAMP, '$1Nov 26 22:49:39 guest kernel: ')],
  ['as dmesg -T prints them', (text) => text.replaceAll(STAMP, '$1[Thu Nov 26 22:49:39 2026] ')],
];

describe('reports of real hangs', () => {
  it('are enough, from many sources, of many categories', () => {
    expect(reports.length).toBeGreaterThanOrEqual(100);
    expect(new Set(reports.map(({ source }) => source)).size).toBeGreaterThanOrEqual(90);
    const categories = new Set(reports.flatMap((report) => report.expect));
    expect(categories.size).toBeGreaterThanOrEqual(25);
    expect(categories).toContain('unknown');
    expect(categories).toContain('not-a-hang');
  });

  it('are recognised, and what nobody knows is called unknown', () => {
    const pairs = pairsOf(reports);
    const { precision, recall } = scoreOf(pairs);
    expect(precision, misses(pairs).join('\n')).toBeGreaterThanOrEqual(0.95);
    expect(recall, misses(pairs).join('\n')).toBeGreaterThanOrEqual(0.9);
  });

  it.each(MOVED)('are recognised %s', (_name, move) => {
    const pairs = pairsOf(reports.map((report) => ({ ...report, text: move(report.text) })));
    const { precision, recall } = scoreOf(pairs);
    expect(precision, misses(pairs).join('\n')).toBeGreaterThanOrEqual(0.95);
    expect(recall, misses(pairs).join('\n')).toBeGreaterThanOrEqual(0.9);
  });

  it.each([17, 31, 4999])('are recognised in one log, shuffled by %i', (step) => {
    const place = new Map(reports.map((report, index) => [report, (index * step) % 10_007]));
    const order = [...reports].sort((one, other) => place.get(one)! - place.get(other)!);
    const all = categoriesOf(order.map(({ text }) => text).join('\n\n'));
    const known = count(all.filter((category) => category !== 'unknown'));
    const expected = count(reports.flatMap((report) => report.expect).filter((category) => category !== 'unknown'));
    const right = [...expected].reduce((sum, [category, times]) => sum + Math.min(times, known.get(category) ?? 0), 0);
    expect(right / sumOf(known)).toBeGreaterThanOrEqual(0.95);
    expect(right / sumOf(expected)).toBeGreaterThanOrEqual(0.85);
  });
});

function count(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, each) => sum + each, 0);

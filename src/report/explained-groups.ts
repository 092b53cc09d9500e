import { verdictOf, type ExplainedGroup, type Verdict } from '../investigate/explaining/explain-groups.ts';
import type { StacksRead } from '../investigate/reading/read-traces.ts';
import { BLANK, cell, packItems, wrapText, type Line, type Look } from './cells.ts';
import { formatContendedLocks } from './contended-locks.ts';
import { formatExplainedGroup } from './explained-group.ts';
import { formatOverview } from './explained-overview.ts';
import { count } from './quantities.ts';

/** A reader who is shown more than this reads none of it. */
const MOST_IN_FULL = 12;
/** From so many on, an overview comes first. */
const OVERVIEW_FROM = 4;

const HANGS: ReadonlySet<Verdict> = new Set<Verdict>(['known', 'unknown']);

/** A whole text, explained: an overview where there is much, the stacks in full, and in the end what is no hang. */
export function formatExplained(
  groups: readonly ExplainedGroup[],
  read: StacksRead,
  source: string,
  look: Look,
): Line[] {
  const told = groups.filter((group) => look.verbosity > 0 || HANGS.has(verdictOf(group.explanation)));
  // Where nothing is wrong, that is what there is to tell.
  const shown = told.length > 0 ? told : groups;
  const full = look.verbosity > 0 ? shown : shown.slice(0, MOST_IN_FULL);
  const harmless = told.length > 0 ? groups.filter((group) => !told.includes(group)) : [];
  return [
    ...wrapText(readWords(groups, read, source), look.width).map((text): Line => [cell(text, 'strong')]),
    ...(look.verbosity >= 0 && groups.length >= OVERVIEW_FROM ? formatOverview(groups, look) : []),
    ...(look.verbosity < 0
      ? formatOverview(groups, look)
      : full.flatMap((group) => [BLANK, ...formatExplainedGroup(group, look)])),
    ...(look.verbosity >= 0 && shown.length > full.length
      ? [
          BLANK,
          [
            cell(`${count(shown.length - full.length, 'more stack')} not shown in full; -v shows all.`, 'quiet'),
          ] as Line,
        ]
      : []),
    ...formatContendedLocks(read.locks, look),
    ...(look.verbosity >= 0 ? harmlessLines(harmless, look) : []),
  ];
}

function readWords(groups: readonly ExplainedGroup[], read: StacksRead, source: string): string {
  const of = read.count === groups.length ? '' : ` (${read.count} in all)`;
  const kernel = read.release === null ? '' : `, kernel ${read.release}`;
  const dropped =
    read.dropped === 0
      ? ''
      : ` ${count(read.dropped, 'stack')} left out: there were more different ones than are kept.`;
  return `${source}: ${count(groups.length, 'different stack')}${of} in ${count(read.lines, 'line')}${kernel}.${dropped}`;
}

function harmlessLines(groups: readonly ExplainedGroup[], look: Look): Line[] {
  if (groups.length === 0) return [];
  const byName = new Map<string, number>();
  for (const { explanation, count: times } of groups) {
    const name = explanation.matches[0]?.signature ?? 'unknown, but a signal ends it';
    byName.set(name, (byName.get(name) ?? 0) + times);
  }
  const items = [...byName].sort((one, other) => other[1] - one[1]).map(([name, times]) => `${times}x ${name}`);
  return [
    BLANK,
    [cell(`Not hangs: ${count(groups.length, 'stack')}, -v shows ${groups.length === 1 ? 'it' : 'them'}`, 'add')],
    ...packItems(items, look.width - 2, ', ').map((text): Line => [cell(`  ${text}`, 'quiet')]),
  ];
}

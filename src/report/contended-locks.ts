import type { ContendedLock } from '../investigate/reading/held-locks.ts';
import type { TraceTask } from '../investigate/trace.ts';
import { BLANK, cell, wrapText, type Line, type Look } from './cells.ts';
import { traceTaskName } from './trace-words.ts';

const MOST_NAMES = 6;

/** Who holds what others wait for, where lockdep has listed it. */
export function formatContendedLocks(locks: readonly ContendedLock[], look: Look): Line[] {
  if (locks.length === 0) return [];
  const names = (tasks: readonly TraceTask[]): string =>
    tasks.length > MOST_NAMES
      ? `${tasks.slice(0, MOST_NAMES).map(traceTaskName).join(', ')} and ${tasks.length - MOST_NAMES} more`
      : tasks.map(traceTaskName).join(', ');
  return [
    BLANK,
    [cell('Locks that several tasks claim', 'strong')],
    ...locks.flatMap(({ name, address, holders, waiters }): Line[] => {
      const holder = holders.length === 0 ? 'who holds it is not told' : `held by ${names(holders)}`;
      const text = `${holder}; wanted by ${names(waiters)}`;
      return [
        [cell(`  ${name} `, 'change'), cell(address, 'quiet')],
        ...wrapText(text, look.width - 4).map((part): Line => [cell(`    ${part}`)]),
      ];
    }),
  ];
}

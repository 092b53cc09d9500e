import type { StackGroup } from '../investigate/stacks/group.ts';
import { cell, type Line, type Look, type Tone } from './cells.ts';
import { count } from './quantities.ts';
import type { EventOf } from './run-state.ts';
import { blockedFor, stackName } from './stacks-words.ts';

/** What a look of a watch found that the one before had not; nothing where nothing changed. */
export function formatStackChanges({ guest, round, appeared, gone }: EventOf<'stacks.changed'>, look: Look): Line[] {
  if (look.verbosity < 0) return [];
  if (round === 1 && appeared.length === 0) return [[cell(`${guest}  `, 'strong'), cell('nobody is blocked', 'quiet')]];
  return [
    ...appeared.map((group) => change(guest, '+', group, group.blocked ? 'danger' : 'plain')),
    ...gone.map((group) => change(guest, '-', group, 'add')),
  ];
}

function change(guest: string, sign: '+' | '-', group: StackGroup, tone: Tone): Line {
  const { tasks, longestSeconds, explanation } = group;
  const names = [...new Set(tasks.map(({ comm }) => comm))].slice(0, 3).join(', ');
  const signature = explanation?.matches[0]?.signature;
  const time = longestSeconds === null ? '' : `  ${sign === '+' ? '' : 'after '}${blockedFor(longestSeconds)}`;
  return [
    cell(`${guest}  `, 'strong'),
    cell(`${sign} ${count(tasks.length, 'task')} (${names})${time}  ${stackName(group)}`, tone),
    cell(signature === undefined ? '' : `  ${signature}`, 'strong'),
  ];
}

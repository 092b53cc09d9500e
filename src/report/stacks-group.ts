import type { StackGroup } from '../investigate/stacks/group.ts';
import { BLANK, cell, wrapText, type Line, type Look } from './cells.ts';
import { formatColumns } from './columns.ts';
import { formatExplanation } from './explanation-lines.ts';
import { foldNames } from './node-set.ts';
import { count } from './quantities.ts';
import { blockedFor, HUNG_TASK_WORDS, stackName, taskName } from './stacks-words.ts';

/** Tasks that are named one by one; with -v, all are. */
const NAMED = 8;
const INDENT = '  ';

/** One stack: who stands in it, on which guests, for how long, and what it means. */
export function formatStackGroup(group: StackGroup, look: Look): Line[] {
  if (look.verbosity < 0) return [headline(group)];
  const named = look.verbosity > 0 ? group.tasks : group.tasks.slice(0, NAMED);
  const left = group.tasks.length - named.length;
  const rows = named.map((task) => ({
    cells: [
      group.guests.length > 1 ? task.guest : '',
      taskName(task),
      blockedFor(task.seconds),
      task.parent === null ? '' : `child of ${task.parent.comm} ${task.parent.pid}`.replace('  ', ' '),
      `CPU ${task.cpu}`,
      task.hungTask === null ? '' : HUNG_TASK_WORDS[task.hungTask],
    ],
  }));
  return [
    headline(group),
    ...guestLines(group, look),
    ...formatColumns(rows, INDENT),
    ...(left > 0 ? [[cell(`${INDENT}and ${left} more: -v shows all`, 'quiet')]] : []),
    ...waitLines(group, look),
    ...(group.explanation === null
      ? [[cell(INDENT + stackName(group), 'quiet')]]
      : [BLANK, ...formatExplanation(group.explanation, look)]),
  ];
}

function headline({ blocked, tasks, guests, longestSeconds }: StackGroup): Line {
  const state = blocked ? 'blocked' : `in ${[...new Set(tasks.map((task) => task.state))].join(', ')}, not blocked`;
  const longest =
    longestSeconds === null ? '' : `${tasks.length > 1 ? ', the longest' : ''} for ${blockedFor(longestSeconds)}`;
  const where = guests.length > 1 ? `${count(guests.length, 'guest')}: same stack, ` : `${guests[0] ?? ''}: `;
  const who =
    tasks.length === 1 ? `${tasks[0]?.comm ?? ''} ${tasks[0]?.tid ?? ''}`.trim() : count(tasks.length, 'task');
  return [cell(`${where}${who} ${state}${longest}`, blocked ? 'danger' : 'strong')];
}

function waitLines({ hungTask, wait }: StackGroup, look: Look): Line[] {
  if (hungTask === null || wait === null) return [];
  const text = `${hungTask}, so hung_task does not count it: ${wait}`;
  return wrapText(text, look.width - INDENT.length).map((part) => [cell(INDENT + part, 'quiet')]);
}

function guestLines({ guests }: StackGroup, look: Look): Line[] {
  if (guests.length < 2) return [];
  return wrapText(foldNames(guests).join(' '), look.width - INDENT.length).map((text) => [cell(INDENT + text)]);
}

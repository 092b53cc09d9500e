import type { BlockedTask, EvidenceAbout, PressureSpell } from '../investigate/evidence/piece.ts';
import { BLANK, cell, wrapText, type Line, type Look } from './cells.ts';
import { whyWords } from './evidence-words.ts';
import { age } from './quantities.ts';
import type { EventOf } from './run-state.ts';
import { formatStackGroup } from './stacks-group.ts';
import { formatStackGuests } from './stacks-guests.ts';

/** Lines about workqueues that are shown; with -v, all are. */
const WORKQUEUE_LINES = 12;
const INDENT = '  ';

/** One piece of evidence: when, what for, who and for how long, the stacks and what they mean, and what stood around them. */
export function formatExplainedPiece(event: EventOf<'guest.evidence-explained'>, look: Look): Line[] {
  const { guest, piece, about, stacks, groups, problem, workqueues } = event;
  const head: Line = [
    cell(`${guest}  `, 'strong'),
    cell(piece),
    cell(about === null ? '' : `  ${when(about)}`, 'quiet'),
  ];
  if (look.verbosity < 0) return [head, ...groups.flatMap((group) => formatStackGroup(group, look))];
  return [
    head,
    ...(about === null ? [] : [...about.tasks.map(taskLine), ...about.pressures.map(pressureLine)]),
    ...(problem === null
      ? []
      : wrapText(problem, look.width - INDENT.length).map((text): Line => [cell(INDENT + text, 'change')])),
    BLANK,
    ...groups.flatMap((group) => [...formatStackGroup(group, look), BLANK]),
    ...workqueueLines(workqueues, look),
    ...(stacks === null
      ? []
      : formatStackGuests([{ kind: 'guest.stacks', guest: guest === '' ? piece : guest, round: 1, stacks }], look)),
    BLANK,
  ];
}

function when(about: EvidenceAbout): string {
  const time = new Date(about.time * 1000).toISOString().replace('T', ' ').slice(0, 19);
  return `${time} UTC, ${age(about.uptimeSeconds)} after boot: ${whyWords(about)}`;
}

function taskLine({ tid, comm, seconds, ended }: BlockedTask): Line {
  const end =
    ended === null
      ? 'how it ended was not seen'
      : ended.how === 'woke'
        ? `went on after about ${ended.seconds} s`
        : `is no more, after about ${ended.seconds} s`;
  return [cell(`${INDENT}${comm} ${tid} blocked for ${seconds} s; `), cell(end, ended === null ? 'change' : 'add')];
}

function pressureLine({ resource, seconds, percent, ended }: PressureSpell): Line {
  const end =
    ended === null ? 'its end was not seen' : `over after about ${ended.seconds} s, ${ended.worst} % at worst`;
  return [
    cell(`${INDENT}all tasks waited for ${resource} ${percent} % of 10 s, since ${seconds} s; `),
    cell(end, 'quiet'),
  ];
}

function workqueueLines(lines: readonly string[], look: Look): Line[] {
  if (lines.length === 0) return [];
  const shown = look.verbosity > 0 ? lines : lines.slice(0, WORKQUEUE_LINES);
  const left = lines.length - shown.length;
  return [
    [cell('Workqueues, as the kernel told them', 'strong')],
    ...shown.map((text): Line => [cell(INDENT + text)]),
    ...(left > 0 ? [[cell(`${INDENT}and ${left} lines more: -v shows all`, 'quiet')]] : []),
    BLANK,
  ];
}

import type { ExplainedGroup } from '../investigate/explaining/explain-groups.ts';
import { cell, packItems, textWidth, wrapText, type Line, type Look } from './cells.ts';
import { formatExplanation } from './explanation-lines.ts';
import { TRACE_KINDS, traceTaskName } from './trace-words.ts';

const MOST_NAMES = 6;
/** Columns that facts need beside a title. */
const LEAST_ROOM = 12;

/** One stack in full: whose it is, since when, who shares it, and what it means. */
export function formatExplainedGroup(group: ExplainedGroup, look: Look): Line[] {
  const { trace, tasks, explanation } = group;
  const [first] = tasks;
  const title = first === undefined ? (trace.headline === null ? 'A stack' : trace.headline) : traceTaskName(first);
  const facts = [
    trace.state === null ? null : `state ${trace.state}`,
    trace.blockedSeconds === null ? null : `blocked for more than ${trace.blockedSeconds} s`,
    trace.cpu === null ? null : `CPU ${trace.cpu}`,
    `${TRACE_KINDS[trace.kind]}, line ${trace.line}`,
    weightWords(group),
  ];
  const headline = first === undefined || trace.headline === null ? null : trace.headline;
  return [
    ...titleLines(
      title,
      facts.filter((fact) => fact !== null),
      look,
    ),
    ...(headline === null ? [] : wrapText(headline, look.width - 2).map((text): Line => [cell(`  ${text}`, 'quiet')])),
    ...sameLines(group, look),
    ...blockedOnLines(group),
    ...formatExplanation(explanation, look),
  ];
}

/** Whose it is, and on the same line as many facts as it has room for. */
function titleLines(title: string, facts: readonly string[], look: Look): Line[] {
  const room = look.width - textWidth(title) - 2;
  const beside = packItems(facts, room, ', ')[0] ?? '';
  if (textWidth(beside) > room || room < LEAST_ROOM) {
    return [
      [cell(title, 'strong')],
      ...packItems(facts, look.width - 2, ', ').map((text): Line => [cell(`  ${text}`)]),
    ];
  }
  const below = packItems(facts, room, ', ').slice(1).join(' ');
  return [
    [cell(title, 'strong'), cell(`  ${beside}`)],
    ...(below === '' ? [] : wrapText(below, look.width - 2).map((text): Line => [cell(`  ${text}`)])),
  ];
}

function weightWords({ trace, weight }: ExplainedGroup): string | null {
  return trace.kind === 'folded' || trace.kind === 'bpf' ? `weight ${weight}` : null;
}

/** `18 tasks: same stack` */
function sameLines({ tasks, moreTasks, count: times }: ExplainedGroup, look: Look): Line[] {
  if (times === 1) return [];
  if (tasks.length <= 1) return [[cell(`  ${times} times the same stack`, 'strong')]];
  const names = tasks.slice(0, MOST_NAMES).map(traceTaskName);
  const rest = tasks.length > MOST_NAMES ? ', ..' : '';
  const lines = packItems(names, look.width - 8, ', ');
  return [
    [
      cell(`  ${moreTasks ? 'more than ' : ''}${tasks.length} tasks: same stack`, 'strong'),
      cell(times > tasks.length ? `, ${times} times` : ''),
    ],
    ...lines.map((text, index): Line => [cell(`    ${text}${index === lines.length - 1 ? rest : ''}`, 'quiet')]),
  ];
}

function blockedOnLines({ trace: { blockedOn } }: ExplainedGroup): Line[] {
  if (blockedOn === undefined) return [];
  const holder = blockedOn.by === null ? 'a holder that the kernel did not find' : traceTaskName(blockedOn.by);
  return [
    [cell('  waits for a ', 'strong'), cell(`${blockedOn.lock} of ${holder}: look at that task's stack`, 'strong')],
  ];
}

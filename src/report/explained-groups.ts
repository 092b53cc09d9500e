import type { ExplainedGroup } from '../investigate/explaining/explain-groups.ts';
import { verdictOf, type Verdict } from '../investigate/explaining/explain-groups.ts';
import type { StacksRead } from '../investigate/reading/read-traces.ts';
import type { TraceTask } from '../investigate/trace.ts';
import {
  BLANK,
  cell,
  packItems,
  padding,
  textWidth,
  truncate,
  wrapText,
  type Line,
  type Look,
  type Tone,
} from './cells.ts';
import { escapeControl } from './escape.ts';
import { confidenceWords, formatExplanation } from './explanation-lines.ts';
import { count } from './quantities.ts';

/** A reader who is shown more than this reads none of it. */
const MOST_IN_FULL = 12;
const MOST_NAMES = 6;
/** From so many on, an overview comes first. */
const OVERVIEW_FROM = 4;
const MOST_ROWS = 40;

const KINDS: Readonly<Record<ExplainedGroup['trace']['kind'], string>> = {
  proc: '/proc/PID/stack',
  hung_task: 'hung task report',
  task_state: 'sysrq report',
  soft_lockup: 'soft lockup',
  hard_lockup: 'hard lockup',
  rcu_stall: 'RCU stall',
  oops: 'oops',
  warning: 'warning',
  oom: 'out of memory',
  lockdep: 'lockdep report',
  backtrace: 'backtrace',
  crash_bt: 'debugger backtrace',
  bpf: 'BPF stack',
  folded: 'folded stack',
};

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
    ...(look.verbosity >= 0 && groups.length >= OVERVIEW_FROM ? overview(groups, look) : []),
    ...(look.verbosity < 0 ? overview(groups, look) : full.flatMap((group) => [BLANK, ...groupLines(group, look)])),
    ...(look.verbosity >= 0 && shown.length > full.length
      ? [
          BLANK,
          [
            cell(`${count(shown.length - full.length, 'more stack')} not shown in full; -v shows all.`, 'quiet'),
          ] as Line,
        ]
      : []),
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

function overview(groups: readonly ExplainedGroup[], look: Look): Line[] {
  const rows = groups.slice(0, MOST_ROWS).map((group) => ({ group, name: verdictName(group), sure: sureness(group) }));
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
  const [names, words] = [widest(rows.map(({ name }) => name)), widest(rows.map(({ sure }) => sure))];
  const rest = groups.length - rows.length;
  return [
    BLANK,
    ...rows.map(({ group, name, sure }): Line => {
      const left = `${String(group.count).padStart(6)}x ${name}${padding(name, names)} ${sure}${padding(sure, words)}  `;
      const right = `  line ${group.trace.line}`;
      const who = truncate(
        escapeControl(whoseShort(group)),
        Math.max(look.width - textWidth(left) - right.length, LEAST_WHO),
      );
      return [
        cell(`${String(group.count).padStart(6)}x `),
        cell(name, TONES[verdictOf(group.explanation)]),
        cell(`${padding(name, names)} ${sure}${padding(sure, words)}  ${who}`),
        cell(right, 'quiet'),
      ];
    }),
    ...(rest > 0 ? [[cell(`        and ${count(rest, 'more stack')}`, 'quiet')]] : []),
  ];
}

const LEAST_WHO = 12;
const TONES: { readonly [V in Verdict]: Tone } = {
  known: 'danger',
  unknown: 'change',
  'not-a-hang': 'add',
  asleep: 'quiet',
};

function verdictName({ explanation: { matches, subsystem } }: ExplainedGroup): string {
  return matches[0]?.signature ?? `unknown${inSubsystem(subsystem)}`;
}

function sureness({ explanation: { matches } }: ExplainedGroup): string {
  const best = matches[0];
  return best === undefined ? '' : confidenceWords(best.confidence);
}

function inSubsystem(subsystem: string | null): string {
  return subsystem === null ? '' : ` (${subsystem})`;
}

function groupLines(group: ExplainedGroup, look: Look): Line[] {
  const { trace, tasks, explanation } = group;
  const [first] = tasks;
  const title = first === undefined ? (trace.headline === null ? 'A stack' : trace.headline) : named(first);
  const facts = [
    trace.state === null ? null : `state ${trace.state}`,
    trace.blockedSeconds === null ? null : `blocked for more than ${trace.blockedSeconds} s`,
    trace.cpu === null ? null : `CPU ${trace.cpu}`,
    `${KINDS[trace.kind]}, line ${trace.line}`,
    weightWords(group),
  ];
  const headline = first === undefined || trace.headline === null ? null : trace.headline;
  return [
    [cell(title, 'strong'), cell(`  ${facts.filter((fact) => fact !== null).join(', ')}`)],
    ...(headline === null ? [] : wrapText(headline, look.width - 2).map((text): Line => [cell(`  ${text}`, 'quiet')])),
    ...sameLines(group, look),
    ...blockedOnLines(group),
    ...formatExplanation(explanation, look),
  ];
}

function weightWords({ trace, weight }: ExplainedGroup): string | null {
  return trace.kind === 'folded' || trace.kind === 'bpf' ? `weight ${weight}` : null;
}

/** `18 tasks: same stack` */
function sameLines({ tasks, moreTasks, count: times }: ExplainedGroup, look: Look): Line[] {
  if (times === 1) return [];
  if (tasks.length <= 1) return [[cell(`  ${times} times the same stack`, 'strong')]];
  const names = tasks.slice(0, MOST_NAMES).map(named);
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
  const holder = blockedOn.by === null ? 'a holder that the kernel did not find' : named(blockedOn.by);
  return [
    [cell('  waits for a ', 'strong'), cell(`${blockedOn.lock} of ${holder}: look at that task's stack`, 'strong')],
  ];
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

function whoseShort({ tasks, moreTasks, trace }: ExplainedGroup): string {
  const [first] = tasks;
  if (first === undefined) return trace.headline?.slice(0, 40) ?? KINDS[trace.kind];
  if (tasks.length === 1) return named(first);
  return `${named(first)} and ${moreTasks ? 'more than ' : ''}${tasks.length - 1} more`;
}

function named({ comm, pid }: TraceTask): string {
  if (comm === '') return `pid ${pid ?? '?'}`;
  return pid === null ? comm : `${comm} (pid ${pid})`;
}

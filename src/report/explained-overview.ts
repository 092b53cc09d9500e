import { verdictOf, type ExplainedGroup, type Verdict } from '../investigate/explaining/explain-groups.ts';
import { BLANK, cell, padding, textWidth, truncate, type Line, type Look, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';
import { confidenceWords } from './explanation-lines.ts';
import { count } from './quantities.ts';
import { TRACE_KINDS, traceTaskName } from './trace-words.ts';

const MOST_ROWS = 40;

/** A line for each stack: how often, what it is, how certain, whose, and where in the text. */
export function formatOverview(groups: readonly ExplainedGroup[], look: Look): Line[] {
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

function whoseShort({ tasks, moreTasks, trace }: ExplainedGroup): string {
  const [first] = tasks;
  if (first === undefined) return trace.headline?.slice(0, 40) ?? TRACE_KINDS[trace.kind];
  if (tasks.length === 1) return traceTaskName(first);
  return `${traceTaskName(first)} and ${moreTasks ? 'more than ' : ''}${tasks.length - 1} more`;
}

import type { ExplainedFrame, Explanation, KernelAge, Match, NextStep } from '../investigate/explanation.ts';
import { BLANK, cell, padding, textWidth, wrapText, type Line, type Look, type Tone } from './cells.ts';
import { escapeControl } from './escape.ts';

const INDENT = '  ';
const TEXT = '    ';
/** Names of functions are longer now and then; notes begin in one column all the same. */
const MOST_NAME = 36;
const LEAST_NOTE = 24;

/**
 * What a stack means, for a person: its frames with what they are for, the kernel's age, the hangs that it fits and what to do
 * next. Whose stack it is stands above it, and is the caller's to say.
 */
export function formatExplanation(explanation: Explanation, look: Look): Line[] {
  const [best, ...others] = explanation.matches;
  return [
    ...frameLines(explanation.frames, look),
    ...ageLines(explanation.age, look),
    ...(explanation.panic === undefined
      ? []
      : [BLANK, ...wrapped(`A panic: ${explanation.panic}.`, INDENT, look, 'plain')]),
    ...(best === undefined ? unknownLines(explanation, look) : matchLines(best, look)),
    ...(look.verbosity > 0
      ? others.flatMap((match) => matchLines(match, look))
      : others.map((match): Line => [cell(`${INDENT}or `, 'quiet'), ...titleCells(match)])),
  ];
}

/** `high`, `medium` or `low`, and how many of a hundred. */
export function confidenceWords(confidence: number): string {
  const word = confidence >= 0.8 ? 'high' : confidence >= 0.5 ? 'medium' : 'low';
  return `${word}, ${Math.round(confidence * 100)} %`;
}

function frameLines(frames: readonly ExplainedFrame[], look: Look): Line[] {
  const shown = look.verbosity > 0 ? frames : sureOnes(frames);
  const left = frames.length - shown.length;
  const names = shown.map(({ frame }) => frameName(frame));
  const width = names.reduce((widest, name) => Math.max(widest, Math.min(textWidth(name), MOST_NAME)), 0);
  const lines = shown.flatMap((each, index) => oneFrame(each, names[index] ?? '', width, look));
  const because = shown.find(({ frame }) => frame.inferred !== null)?.frame.inferred ?? null;
  return [
    ...lines,
    ...(because === null ? [] : wrapped(`+ put back: ${because}`, INDENT, look, 'quiet')),
    ...(left === 0
      ? []
      : [[cell(`${INDENT}${left} that the kernel was not sure of left out; -v shows them`, 'quiet')]]),
  ];
}

/** Left-overs on the stack, unless there is nothing else. */
function sureOnes(frames: readonly ExplainedFrame[]): readonly ExplainedFrame[] {
  const sure = frames.filter(({ frame }) => !frame.unsure);
  return sure.length > 1 ? sure : frames;
}

function oneFrame({ frame, note }: ExplainedFrame, name: string, width: number, look: Look): Line[] {
  const sign = frame.inferred !== null ? '+' : frame.unsure ? '?' : ' ';
  const tone: Tone = frame.inferred !== null ? 'add' : frame.unsure ? 'quiet' : 'plain';
  const head = `${INDENT}${sign} ${name}`;
  const column = INDENT.length + 2 + width + 2;
  const room = look.width - column;
  if (note === null) return [[cell(head, tone)]];
  if (room < LEAST_NOTE) return [[cell(head, tone)], ...wrapped(note, `${TEXT}  `, look, 'quiet')];
  const [first = '', ...rest] = wrapText(note, room);
  const own =
    textWidth(head) + 2 > column ? [[cell(head, tone)], [cell(' '.repeat(column)), cell(first, 'quiet')]] : null;
  return [
    ...(own ?? [[cell(head, tone), cell(padding(head, column)), cell(first, 'quiet')]]),
    ...rest.map((part): Line => [cell(' '.repeat(column)), cell(part, 'quiet')]),
  ];
}

function frameName({ function: name, module }: ExplainedFrame['frame']): string {
  return escapeControl(module === null ? name : `${name} [${module}]`);
}

function ageLines({ from, before, because }: KernelAge, look: Look): Line[] {
  if (from === null && before === null) return [];
  const bounds = [from === null ? null : `${from} or later`, before === null ? null : `before ${before}`];
  const words = bounds.filter((bound) => bound !== null).join(', ');
  return [
    BLANK,
    [cell(`${INDENT}Kernel `, 'strong'), cell(words)],
    ...because.flatMap((text) => wrapped(text, TEXT, look, 'quiet')),
  ];
}

function titleCells({ signature, category, confidence, title }: Match): Line {
  const tone: Tone = category === 'not-a-hang' ? 'add' : confidence >= 0.8 ? 'danger' : 'change';
  return [cell(signature, tone), cell(` (${confidenceWords(confidence)}): `), cell(title)];
}

function matchLines(match: Match, look: Look): Line[] {
  const { signature, category, confidence, title, meaning, next, fixes, mitigations, references } = match;
  const tone: Tone = category === 'not-a-hang' ? 'add' : confidence >= 0.8 ? 'danger' : 'change';
  return [
    BLANK,
    [cell(`${INDENT}${signature}`, tone), cell(`  ${category}, confidence ${confidenceWords(confidence)}`)],
    ...wrapped(`${sentenceCase(title)}.`.replace(/\.\.$/, '.'), INDENT, look, 'strong'),
    ...wrapped(meaning, TEXT, look, 'plain'),
    ...steps('Look next', next, look),
    ...section(
      'Fixed by',
      fixes.flatMap(({ commit, title: subject, release }) =>
        wrapped(`${commit.slice(0, 12)} ${subject} (since ${release})`, TEXT, look, 'plain', '  '),
      ),
    ),
    ...section(
      'What helps meanwhile',
      mitigations.flatMap((text) => wrapped(`- ${text}`, TEXT, look, 'plain', '  ')),
    ),
    ...section(
      'See',
      references.map((text): Line => [cell(`${TEXT}${text}`)]),
    ),
  ];
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The honest answer. */
function unknownLines({ frames, subsystem, general = [] }: Explanation, look: Look): Line[] {
  const where = subsystem === null ? 'it does not even tell the subsystem' : `it waits, or works, in ${subsystem}`;
  const text =
    frames.length === 0
      ? 'The report has no stack to go by'
      : `This stack fits no known hang. All that can be said: ${where}`;
  return [
    BLANK,
    [cell(`${INDENT}unknown`, 'change'), cell(subsystem === null ? '' : `  ${subsystem}`)],
    ...wrapped(`${text}.`, INDENT, look, 'strong'),
    ...steps('What always tells more', general, look),
  ];
}

function steps(title: string, next: readonly NextStep[], look: Look): Line[] {
  return section(
    title,
    next.flatMap(({ run, why }) => [
      // A command stays in one piece, so that it can be copied.
      [cell(`${TEXT}$ ${run}`)],
      ...wrapped(why, `${TEXT}    `, look, 'quiet'),
    ]),
  );
}

function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[cell(`${INDENT}${title}`, 'strong')], ...lines];
}

function wrapped(text: string, indent: string, look: Look, tone: Tone, hanging = ''): Line[] {
  return wrapText(text, look.width - indent.length - hanging.length).map((part, index): Line => [
    cell(index === 0 ? indent : indent + hanging),
    cell(part, tone),
  ]);
}

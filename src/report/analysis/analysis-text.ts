import type { Analysis, AnalysisFinding, BlockedGroup, Frame } from '../../crash/analysis/analysis.ts';
import { BLANK, cell, packItems, padding, textWidth, wrapText, type Line, type Look, type Tone } from '../cells.ts';
import { escapeControl } from '../escape.ts';
import { duration } from '../quantities.ts';
import {
  blockedFor,
  blockedTitle,
  complaints,
  crashFacts,
  memoryFacts,
  named,
  workqueueFacts,
  type Fact,
} from './words.ts';

const LABEL = 14;
/** A crowd that waits in one place is counted, not called by name. */
const MAX_NAMES = 8;
const MAX_REPORTS = 12;
const MAX_FUNCTION = 40;

/** An analysis for a terminal: what panicked and who is blocked first, so that one screen tells the story. */
export function formatAnalysis(analysis: Analysis, look: Look): Line[] {
  const notes = analysis.findings.filter(({ level }) => level === 'note');
  const urgent = analysis.findings.filter(({ level }) => level !== 'note');
  const title = analysis.panic.reason ?? 'no panic found';
  return [
    [cell(title, analysis.panic.reason === null ? 'strong' : 'danger')],
    ...factLines(
      crashFacts(analysis).filter(([label]) => label !== 'panic'),
      look,
    ),
    ...urgent.flatMap((finding) => findingLines(finding, look)),
    BLANK,
    ...blockedLines(analysis),
    ...block('Memory', factLines(memoryFacts(analysis), look)),
    ...block('Workqueues', factLines(workqueueFacts(analysis), look)),
    ...block('The kernel log complains', reportLines(analysis)),
    ...block(
      'Notes',
      notes.flatMap((finding) => findingLines(finding, look)),
    ),
    ...block('Sources', sourceLines(analysis)),
  ];
}

function block(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [BLANK, [cell(title, 'strong')], ...lines];
}

function factLines(facts: readonly Fact[], look: Look): Line[] {
  return facts.flatMap(([label, text]) =>
    wrapped(text, look.width - LABEL - 2).map((part, index): Line => [
      cell(`  ${(index === 0 ? escapeControl(label) : '').padEnd(LABEL)}`, 'quiet'),
      cell(part),
    ]),
  );
}

function wrapped(text: string | readonly string[], width: number): string[] {
  return typeof text === 'string' ? wrapText(text, width) : packItems(text, width, ', ');
}

const FINDING_TONES: { readonly [L in AnalysisFinding['level']]: Tone } = {
  broken: 'danger',
  suspect: 'change',
  note: 'plain',
};

function findingLines({ level, text, remedy }: AnalysisFinding, look: Look): Line[] {
  const sign = level === 'note' ? '.' : '!';
  return [
    ...wrapText(text, look.width - 4).map((part, index): Line => [
      cell(`  ${index === 0 ? sign : ' '} `, FINDING_TONES[level]),
      cell(part),
    ]),
    ...(remedy === null ? [] : wrapText(remedy, look.width - 4).map((part): Line => [cell(`    ${part}`, 'quiet')])),
  ];
}

function blockedLines(analysis: Analysis): Line[] {
  const groups = analysis.blocked ?? [];
  const title: Line = [cell(blockedTitle(analysis), groups.length > 0 ? 'danger' : 'strong')];
  return [title, ...groups.flatMap((group, index) => [...(index > 0 ? [BLANK] : []), ...groupLines(group)])];
}

function groupLines({ tasks, stack }: BlockedGroup): Line[] {
  const rest = tasks.length - MAX_NAMES;
  const error = tasks.find(({ stackError }) => stackError !== null)?.stackError ?? null;
  return [
    ...tasks
      .slice(0, MAX_NAMES)
      .map((task): Line => [cell(`  ${named(task)}`, 'strong'), cell(`  ${blockedFor(task)}`)]),
    ...(rest > 0 ? [[cell(`  and ${rest} more in the same place`, 'quiet')]] : []),
    ...stackLines(stack),
    ...(error === null ? [] : [[cell(`      ${error}`, 'quiet')]]),
  ];
}

/** One frame a line, innermost first; the compiler's inlined ones are marked. */
function stackLines(stack: readonly Frame[]): Line[] {
  const names = stack.map(frameName);
  const width = names.reduce((widest, name) => Math.max(widest, Math.min(textWidth(name), MAX_FUNCTION)), 0);
  return stack.map(({ source, inline }, index): Line => {
    const name = names[index] ?? '';
    const place = [source, inline ? '(inlined)' : null].filter((part) => part !== null).join(' ');
    return [cell(`      ${name}${padding(name, width)}`, inline ? 'quiet' : 'plain'), cell(`  ${place}`, 'quiet')];
  });
}

function frameName({ function: name, module }: Frame): string {
  return escapeControl(module === null ? name : `${name} [${module}]`);
}

function reportLines(analysis: Analysis): Line[] {
  const reports = complaints(analysis);
  const shown = reports.slice(0, MAX_REPORTS);
  const rest = reports.length - shown.length;
  return [
    ...shown.map(({ seconds, headline }): Line => {
      const stamp = seconds === null ? '' : `[${seconds.toFixed(6).padStart(12)}] `;
      return [cell(`  ${stamp}`, 'quiet'), cell(headline)];
    }),
    ...(rest > 0 ? [[cell(`  and ${rest} more`, 'quiet')]] : []),
  ];
}

function sourceLines({ sources }: Analysis): Line[] {
  return sources.map(({ tool, what, ms }): Line => [
    cell(`  ${tool.padEnd(LABEL)}`, 'quiet'),
    cell(`${what}, ${duration(ms)}`),
  ]);
}

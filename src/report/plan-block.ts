import type { Finding, Goal, Plan } from '../plan/plan.ts';
import { cell, lineWidth, packItems, type Line, type Look } from './cells.ts';
import { escapeControl } from './escape.ts';
import { foldNames } from './node-set.ts';
import { changesOf } from './plan-fold.ts';
import { count } from './quantities.ts';
import { formatRows, type Row, type Sign } from './rows.ts';
import { stepRow } from './step-rows.ts';

const SYSTEM_COLUMN = 40;
const GOALS: { readonly [G in Goal]: string } = {
  apply: '',
  rollback: ' (rollback)',
  arm: ' (arm)',
  disarm: ' (disarm)',
};
const SIGNS: { readonly [L in Finding['level']]: Sign } = { refusal: '!', conflict: '!', skipped: '.', note: ' ' };

/**
 * Everything one plan would do, once for all the guests that have it. A dry-run shows the stages of a refused plan too;
 * an apply does not, because none of them is done.
 */
export function formatPlanBlock(guests: readonly string[], plan: Plan, dryRun: boolean, look: Look): Line[] {
  const of = (level: Finding['level']): Line[] =>
    formatRows(plan.findings.filter((finding) => finding.level === level).map(findingRow), look);
  const refused = plan.findings.some(({ level }) => level === 'refusal');
  const hidden = refused && !dryRun;
  const verdict = refused ? (dryRun ? ', and an apply would be refused' : 'refused, nothing is done') : '';
  return [
    ...header(guests, hidden ? verdict : headline(guests, plan) + verdict, plan.system, look),
    ...of('refusal'),
    ...(hidden ? [] : stageLines(plan, look)),
    ...of('conflict'),
    ...of('skipped'),
    ...of('note'),
  ];
}

function headline(guests: readonly string[], plan: Plan): string {
  const changes = changesOf(plan).length;
  if (changes === 0) {
    const due = plan.stages.some(({ steps }) => steps.some(({ kind }) => kind === 'reboot'));
    return due ? 'as desired after a reboot' : 'as desired';
  }
  return `${guests.length > 1 ? 'the same ' : ''}${count(changes, 'change')}${GOALS[plan.goal]}`;
}

/** `vm1, vm2: the same 12 changes        Debian 12, ...`; long lists of guests wrap. */
export function header(guests: readonly string[], text: string, system: string, look: Look): Line[] {
  const lines = guestLines(guests, look).map((line): Line => [cell(line, 'strong')]);
  const last: Line = [...(lines.pop() ?? []), cell(`: ${text}`)];
  if (system === '') return [...lines, last];
  const gap = Math.max(3, SYSTEM_COLUMN - lineWidth(last));
  const detail = cell(system, 'quiet');
  if (lineWidth(last) + gap + lineWidth([detail]) <= look.width)
    return [...lines, [...last, cell(' '.repeat(gap)), detail]];
  return [...lines, last, [cell('  '), detail]];
}

/** The guests of a group, folded, with their number when it cannot be seen at a glance. */
export function guestLines(guests: readonly string[], look: Look): string[] {
  const names = foldNames(guests).map(escapeControl);
  const items = names.map((name, index) => (index < names.length - 1 ? `${name},` : name));
  if (guests.length > 3) items.push(`(${guests.length} guests)`);
  return packItems(items, look.width - 24, ' ');
}

function stageLines(plan: Plan, look: Look): Line[] {
  const shown = new Set(changesOf(plan));
  const stages = plan.stages
    .map(({ title, steps }, index) => ({
      title: ` stage ${index + 1}: ${title}`,
      rows: steps.filter((step) => shown.has(step) || step.kind === 'reboot'),
    }))
    .filter(({ rows }) => rows.length > 0);
  return stages.flatMap(({ title, rows }) => [
    [cell(title, 'strong')],
    ...formatRows(
      rows.map((step) => stepRow(step, look)),
      look,
    ),
  ]);
}

/** A finding as a row; what to do about it follows what it says. */
export function findingRow({ level, subject, text, hint }: Finding): Row {
  const notes = hint === undefined ? [text] : [text, hint];
  return { sign: SIGNS[level], kind: level === 'refusal' ? 'refused' : level, subject: [subject], notes, body: [] };
}

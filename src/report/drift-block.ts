import type { Drift } from '../events.ts';
import type { Finding } from '../plan/plan.ts';
import { cell, padding, textWidth, type Line, type Look } from './cells.ts';
import { escapeControl } from './escape.ts';
import { findingRow, header } from './plan-block.ts';
import type { Group } from './plan-fold.ts';
import { count } from './quantities.ts';
import { formatRows } from './rows.ts';
import type { DriftReport } from './run-state.ts';
import { changedWords } from './cmdline-diff.ts';

const LEVELS: readonly Finding['level'][] = ['refusal', 'conflict', 'skipped', 'note'];
const MAX_COLUMN = 40;
const TOLD: ReadonlySet<Drift['kind']> = new Set<Drift['kind']>(['boot-conflict', 'kdump']);
/** Notes that say how the guest is, not how the plan was made: a guest that is as desired and not armed yet is news. */
const STATE_NOTES: ReadonlySet<string> = new Set(['arm-waiting']);

/** How a group of guests differs from the profile: what is there, and what should be. */
export function formatDriftBlock({ value, guests }: Group<DriftReport>, look: Look): Line[] {
  const { drifts, findings } = value;
  const alike = guests.length > 1 ? 'the same ' : '';
  const text = drifts.length === 0 ? 'as desired' : `${alike}${count(drifts.length, 'difference')}`;
  // A finding about the same subject says more than its difference: what to do about it.
  const told = new Set(findings.filter(({ level }) => level === 'conflict').map(({ subject }) => subject));
  const rows = drifts.filter(({ kind, subject }) => !TOLD.has(kind) || !told.has(subject)).map(driftRow);
  const shown = findings.filter(({ level, code }) => level !== 'note' || look.verbosity > 0 || STATE_NOTES.has(code));
  const rest = LEVELS.flatMap((level) => shown.filter((finding) => finding.level === level));
  return [...header(guests, text, '', look), ...table(rows, look), ...formatRows(rest.map(findingRow), look)];
}

function driftRow({ kind, subject, actual, desired }: Drift): string[] {
  if (kind === 'cmdline') {
    const words = changedWords(actual, desired);
    return [kind, subject, `is ${words.before}`, `should be ${words.after}`];
  }
  if (actual === 'differs') return [kind, subject, actual, 'from what the profile writes'];
  const label = kind === 'boot-conflict' ? 'at boot' : kind === 'armed' ? 'sysctl' : kind;
  return [label, subject, `is ${actual}`, `should be ${desired}`];
}

function table(rows: readonly (readonly string[])[], look: Look): Line[] {
  const safe = rows.map((row) => row.map(escapeControl));
  const widths = [0, 1, 2].map((column) =>
    safe
      .map((row) => textWidth(row[column] ?? ''))
      .filter((width) => width <= MAX_COLUMN)
      .reduce((a, b) => Math.max(a, b), 0),
  );
  return safe.flatMap(([kind = '', subject = '', actual = '', desired = '']): Line[] => {
    const lead = `  ~ ${kind}${padding(kind, Math.max(8, widths[0] ?? 0))} `;
    const left = `${subject}${padding(subject, widths[1] ?? 0)}   `;
    const fits = textWidth(lead + left + actual + desired) + 3 <= look.width;
    if (fits) {
      const gap = `${padding(actual, widths[2] ?? 0)}   `;
      return [[cell(lead, 'change'), cell(left), cell(actual, 'remove'), cell(gap), cell(desired, 'add')]];
    }
    const under = cell(' '.repeat(lead.length + 2));
    return [
      [cell(lead, 'change'), cell(subject)],
      [under, cell(actual, 'remove')],
      [under, cell(desired, 'add')],
    ];
  });
}

import type { Drift } from '../../events.ts';
import type { Finding, Plan } from '../../plan/plan.ts';
import type { Look } from '../cells.ts';
import { changedWords } from '../cmdline-diff.ts';
import { markup, type Markup } from '../markup.ts';
import { findingRow } from '../plan-block.ts';
import { changesOf, type Group } from '../plan-fold.ts';
import { count } from '../quantities.ts';
import type { Row } from '../rows.ts';
import type { DriftReport } from '../run-state.ts';
import { stepRow } from '../step-rows.ts';
import { guestNames } from './guest-names.ts';
import { rowsMarkup, ShownBodies } from './row-markup.ts';

/** Blocks that are written out; where every guest needs something else, a page of all would not open on a phone. */
const MAX_BLOCKS = 60;
/** Nothing is wrapped here: the browser does that. */
const LOOK: Look = { width: 10_000, verbosity: 0 };

/** What the plans change, once for all guests that need the same. */
export function changeBlocks(groups: readonly Group<Plan>[], dryRun: boolean): Markup {
  const shown = new ShownBodies();
  return blocks(groups, ({ value, guests }, open) => {
    const changes = changesOf(value).length;
    const refused = value.findings.some(({ level }) => level === 'refusal');
    const words = changes === 0 ? 'as desired' : `${alike(guests)}${count(changes, 'change')}`;
    const verdict = refused ? (dryRun ? ', and an apply would be refused' : ', refused: nothing was done') : '';
    return block(guests, words + verdict, value.system, open, planMarkup(value, shown));
  });
}

/** How guests differ from the profile. */
export function driftBlocks(groups: readonly Group<DriftReport>[]): Markup {
  const shown = new ShownBodies();
  const differing = groups.filter(({ value }) => value.drifts.length > 0 || value.findings.some(isTrouble));
  return blocks(differing, ({ value, guests }, open) => {
    const { drifts, findings } = value;
    const words = drifts.length === 0 ? 'as desired' : `${alike(guests)}${count(drifts.length, 'difference')}`;
    const rows = [...drifts.map(driftRow), ...findings.filter(isTrouble).map(findingRow)];
    return block(guests, words, '', open, rowsMarkup(rows, shown));
  });
}

function blocks<T>(groups: readonly Group<T>[], make: (group: Group<T>, open: boolean) => Markup): Markup {
  const rest = groups.slice(MAX_BLOCKS);
  const more = rest.reduce((sum, { guests }) => sum + guests.length, 0);
  const note =
    rest.length === 0
      ? null
      : markup`<p class="quiet">${count(rest.length, 'more group')} of ${count(more, 'guest')}; the journal has all.</p>\n`;
  return markup`${groups.slice(0, MAX_BLOCKS).map((group) => make(group, groups.length === 1))}${note}`;
}

function block(guests: readonly string[], words: string, system: string, open: boolean, body: Markup): Markup {
  const detail = system === '' ? null : markup` <small>${system}</small>`;
  return markup`<details${open ? markup` open` : null}><summary><b>${guestNames(guests)}</b> ${words}${detail}</summary>\n${body}</details>\n`;
}

function planMarkup(plan: Plan, shown: ShownBodies): Markup {
  const changes = new Set(changesOf(plan));
  const findings = (levels: readonly Finding['level'][]): Markup | null => {
    const rows = plan.findings.filter(({ level }) => levels.includes(level)).map(findingRow);
    return rows.length === 0 ? null : rowsMarkup(rows, shown);
  };
  const stages = plan.stages.flatMap(({ title, steps }, index) => {
    const rows = steps.filter((step) => changes.has(step) || step.kind === 'reboot');
    if (rows.length === 0) return [];
    const list = rowsMarkup(
      rows.map((step) => stepRow(step, LOOK)),
      shown,
    );
    return [markup`<h3>stage ${index + 1}: ${title}</h3>\n${list}`];
  });
  return markup`${findings(['refusal'])}${stages}${findings(['conflict', 'skipped', 'note'])}`;
}

function driftRow({ kind, subject, actual, desired }: Drift): Row {
  const change = kind === 'cmdline' ? changedWords(actual, desired) : { before: actual, after: desired };
  const label = kind === 'boot-conflict' ? 'at boot' : kind === 'armed' ? 'sysctl' : kind;
  return { sign: '~', kind: label, subject: [subject], change, notes: [], body: [] };
}

function isTrouble({ level }: Finding): boolean {
  return level === 'refusal' || level === 'conflict';
}

function alike(guests: readonly string[]): string {
  return guests.length > 1 ? 'the same ' : '';
}

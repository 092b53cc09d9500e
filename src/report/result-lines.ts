import type { ComingBack, Outcome } from '../events.ts';
import { cell, padding, textWidth, wrapText, type Line, type Look, type Tone } from './cells.ts';
import { guestLines } from './plan-block.ts';
import type { Group } from './plan-fold.ts';
import { count, duration, durations } from './quantities.ts';
import type { Reboot, Result, RunState } from './run-state.ts';

interface Words {
  readonly text: string;
  readonly tone: Tone;
}

export const OUTCOME_WORDS: { readonly [O in Outcome]: Words } = {
  converged: { text: 'as desired', tone: 'add' },
  changed: { text: 'changed', tone: 'change' },
  captured: { text: 'captured', tone: 'add' },
  planned: { text: 'would change', tone: 'change' },
  drifted: { text: 'differs', tone: 'change' },
  'reboot-pending': { text: 'reboot pending', tone: 'change' },
  refused: { text: 'refused', tone: 'danger' },
  skipped: { text: 'skipped', tone: 'quiet' },
  failed: { text: 'failed', tone: 'danger' },
  unreachable: { text: 'unreachable', tone: 'danger' },
  interrupted: { text: 'interrupted', tone: 'danger' },
  'not-begun': { text: 'not begun', tone: 'quiet' },
};

export const FAILURES: ReadonlySet<Outcome> = new Set<Outcome>([
  'failed',
  'refused',
  'unreachable',
  'interrupted',
  'not-begun',
]);

const MAX_NAME_COLUMN = 36;
const INDENT = '    ';

/** One line for each group of guests that ended alike, then what is to be known about it. */
export function formatResults(
  groups: readonly Group<Result>[],
  { times, reboots, profile, planned }: Pick<RunState, 'times' | 'reboots' | 'profile' | 'planned'>,
  reboot: string | undefined,
  look: Look,
): Line[] {
  const rows = groups.map((group) => ({ ...group, names: guestLines(group.guests, look) }));
  const nameColumn = rows
    .map(({ names }) => textWidth(names.at(-1) ?? ''))
    .filter((width) => width <= MAX_NAME_COLUMN)
    .reduce((a, b) => Math.max(a, b), 0);
  const wordColumn = rows.reduce((width, { value }) => Math.max(width, OUTCOME_WORDS[value.outcome].text.length), 0);
  return rows.flatMap(({ value, guests, names }) => {
    const { text, tone } = OUTCOME_WORDS[value.outcome];
    const last = names.at(-1) ?? '';
    const facts = factsOf(
      value,
      guests.map((guest) => times.get(guest) ?? 0),
    );
    return [
      ...names.slice(0, -1).map((name): Line => [cell(name)]),
      [
        cell(last + padding(last, nameColumn) + '  '),
        cell(text, tone),
        cell(padding(text, wordColumn)),
        cell(`  ${facts}`),
      ],
      ...rebootLines(guests, reboots),
      ...detailLines(value, guests, { profile, reboot, planned }, look),
    ];
  });
}

function factsOf({ changes, error }: Result, ms: readonly number[]): string {
  const parts: string[] = [];
  if (error) parts.push(error.code);
  if (error?.step !== undefined) parts.push(`step ${error.step}`);
  if (changes > 0) parts.push(count(changes, 'change'));
  return [...parts, durations(ms)].join('  ');
}

function detailLines(
  { outcome, reason, error, tail }: Result,
  guests: readonly string[],
  commands: Commands,
  look: Look,
): Line[] {
  const text = (value: string, tone: Tone): Line[] =>
    value
      .split('\n')
      .flatMap((part) => wrapText(part, look.width - INDENT.length))
      .map((line) => [cell(INDENT), cell(line, tone)]);
  // A refusal is told in full by its plan, which is shown above unless the person asked for quiet.
  const told = outcome === 'refused' && look.verbosity >= 0 && guests.every((guest) => commands.planned.has(guest));
  return [
    ...(error ? text(error.message, 'plain') : []),
    ...(reason !== undefined && reason !== error?.message && !told ? text(reason, 'plain') : []),
    ...tail.map((line): Line => [cell(`${INDENT}| `, 'quiet'), cell(line)]),
    ...(error?.hint === undefined ? [] : text(`hint: ${error.hint}`, 'strong')),
    ...(outcome === 'reboot-pending' ? [...text(rebootHint(guests, commands), 'strong'), ...whole(commands)] : []),
  ];
}

/** When a guest was down, and for how long; of several only how long it took. */
function rebootLines(guests: readonly string[], reboots: ReadonlyMap<string, Reboot>): Line[] {
  const [first, ...others] = guests.flatMap((guest) => reboots.get(guest) ?? []);
  if (first === undefined) return [];
  const text = others.length > 0 ? rebootsText([first, ...others]) : timeline(first);
  return text === '' ? [] : [[cell(INDENT), cell(text)]];
}

/** How far a guest that goes down has come, in the order in which it happens. */
export const PHASES: readonly (readonly [ComingBack, string])[] = [
  ['down', 'down after'],
  ['answering', 'answering after'],
  ['back', 'back after'],
];

function timeline(reboot: Reboot): string {
  const parts = PHASES.flatMap(([phase, words]) => {
    const ms = reboot[phase];
    return ms === undefined ? [] : [`${words} ${duration(ms)}`];
  });
  return ['reboot asked for', ...parts].join(', ');
}

function rebootsText(reboots: readonly Reboot[]): string {
  const back = reboots.flatMap(({ back: ms }) => ms ?? []);
  return back.length === 0 ? '' : `rebooted, back after ${durations(back)}`;
}

interface Commands {
  readonly profile: string | undefined;
  /** What does a pending reboot. */
  readonly reboot: string | undefined;
  /** Guests whose plan was shown. */
  readonly planned: ReadonlySet<string>;
}

/** A command stays in one piece, so that it can be copied. */
function whole({ reboot }: Commands): Line[] {
  return reboot === undefined ? [] : [[cell(`${INDENT}${reboot}`)]];
}

function rebootHint(guests: readonly string[], { profile, reboot }: Commands): string {
  const them = guests.length > 1 ? 'them' : 'it';
  const names = guests.length > 1 ? 'them' : (guests[0] ?? 'it');
  const check =
    profile === undefined ? '' : `, then check: provision verify ${profile} ${guestArguments(guests)}`.trimEnd();
  const byHand = `reboot ${names} when the users can spare ${them}${check}`;
  return `to do: ${byHand}${reboot === undefined ? '' : '; or let this do it:'}`;
}

/** Guests as arguments of a suggested command; a long list would only be noise. */
export function guestArguments(guests: readonly string[]): string {
  return guests.length > 8 ? '' : guests.join(' ');
}

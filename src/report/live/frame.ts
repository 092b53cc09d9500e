import type { Outcome } from '../../events.ts';
import { cell, lineWidth, padding, textWidth, truncate, type Line, type Tone } from '../cells.ts';
import { about, elapsed } from '../quantities.ts';
import { OUTCOME_WORDS } from '../result-lines.ts';
import { guestTone } from './guest-tone.ts';
import type { LiveState } from './live-state.ts';
import { PHASES, type Phase, type Running } from './phases.ts';
import { transferWords } from './transfer-words.ts';

/** Columns and rows of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const MIN_LINES = 3;
const MAX_LINES = 20;
const MAX_NAME = 28;

/**
 * The live view: at most half of the terminal, at least three lines where it has them. Takes time with the guests that
 * run, not with those there are.
 */
export function formatFrame(state: LiveState, now: number, size: Size): Line[] {
  const height = Math.max(1, Math.min(size.rows - 1, MAX_LINES, Math.max(MIN_LINES, Math.floor(size.rows / 2))));
  // The first column is where the cursor rests; the last one stays free, because writing there wraps on some terminals.
  const width = Math.max(1, size.columns - 2);
  const head = [...progressLines(state, now, width), ...batchLines(state, now), ...stateLines(state, width)];
  const top = head.slice(0, Math.max(1, height - 1));
  const room = height - top.length;
  const failed = Math.min(state.failures.length, Math.max(room > 1 ? 1 : 0, Math.floor(room / 3)));
  const slow = slowest(state, now, room - failed, width);
  const lines = [...top, ...slow, ...failureLines(state, Math.min(state.failures.length, room - slow.length))];
  return lines.map((line) => [cell(' '), ...fit(line, width)]);
}

/** `apply debug-panic  212/500 guests  84 a minute  about 4 min left  1 min 24 s`; on two lines where one is too narrow. */
function progressLines(state: LiveState, now: number, width: number): Line[] {
  const { batch, ended, total } = state;
  const perMinute = state.pace.perMinute(now);
  const open = batch ? batch.guests - (ended - batch.endedBefore) : total - ended;
  const left = batch?.finished === true || state.stopped !== null ? null : state.pace.left(open, now);
  const more = [
    ...(perMinute === null ? [] : [`${rounded(perMinute)} a minute`]),
    ...(left === null ? [] : [`about ${about(left)} left${batch && batch.of > 1 ? ' in this batch' : ''}`]),
    ...transferWords([...state.running.values()], now),
  ];
  const begin = (title: string): Line => [
    cell(title, 'strong'),
    cell(`  ${ended}/${total} guests  `),
    cell(elapsed(now - state.started), 'quiet'),
  ];
  const whole = begin([state.command, state.profile].filter((word) => word !== '').join(' '));
  const start = lineWidth(whole) <= width ? whole : begin(state.command);
  if (more.length === 0) return [start];
  const words = more.join('  ');
  return lineWidth(start) + 2 + textWidth(words) <= width ? [[...start, cell(`  ${words}`)]] : [start, [cell(words)]];
}

function rounded(perMinute: number): string {
  return perMinute >= 10 ? String(Math.round(perMinute)) : perMinute.toFixed(1);
}

function batchLines({ batch, pausedUntil, stopped, ended }: LiveState, now: number): Line[] {
  if (stopped !== null) return [[cell(`stopped: ${stopped}`, 'danger')]];
  if (batch === null) return [];
  const name = batchTitle(batch);
  if (pausedUntil !== null) {
    return [[cell(`${name} is done, pause before the next: `), cell(elapsed(pausedUntil - now), 'change')]];
  }
  const done = Math.min(batch.guests, ended - batch.endedBefore);
  return [[cell(name), cell(batch.finished ? '  done' : `  ${done}/${batch.guests} guests`)]];
}

/** `batch 1 of 5 (canary)`; a name that says the number itself is enough. */
export function batchTitle({ batch, of, name }: { batch: number; of: number; name: string }): string {
  const title = `batch ${batch} of ${of}`;
  return name === '' || name === title ? title : `${title} (${name})`;
}

/**
 * Who is where: the running ones by phase, then the ended ones by outcome; zeros are left out. What a narrow terminal cuts
 * off is what matters least: those that wait, and those that are as desired.
 */
function stateLines(state: LiveState, width: number): Line[] {
  if (state.total <= 1) return [];
  const phases = new Map<Phase, number>();
  for (const { phase } of state.running.values()) phases.set(phase, (phases.get(phase) ?? 0) + 1);
  const counted = (number: number | undefined, text: string, tone: Tone): Line =>
    number === undefined || number === 0 ? [] : [cell(`${number} ${text}`, tone)];
  const open = [
    ...PHASES.flatMap((phase) => counted(phases.get(phase), phase, 'plain')),
    ...counted(state.waiting, 'waiting', 'quiet'),
  ];
  const outcomes = (Object.entries(OUTCOME_WORDS) as [Outcome, { text: string; tone: Tone }][]).reverse();
  const ended = outcomes.flatMap(([outcome, { text, tone }]) => counted(state.outcomes.get(outcome), text, tone));
  const [first, second] = [spaced(open), spaced(ended)];
  if (first.length === 0 || second.length === 0) return [[...first, ...second]].filter((line) => line.length > 0);
  const together: Line = [...first, cell('   '), ...second];
  return lineWidth(together) <= width ? [together] : [first, second];
}

function spaced(cells: Line): Line {
  return cells.flatMap((one, index) => (index === 0 ? [one] : [cell('  '), one]));
}

/** The guests that have been at it for longest, longest first; the last line counts those that are not shown. */
function slowest(state: LiveState, now: number, room: number, width: number): Line[] {
  if (room <= 0 || state.running.size === 0) return [];
  const sorted = [...state.running].sort(([, a], [, b]) => a.since - b.since);
  const whole = sorted.length <= room || room === 1;
  const shown = sorted.slice(0, whole ? room : room - 1);
  const name = Math.min(MAX_NAME, Math.floor(width / 3), widest(shown.map(([guest]) => guest)));
  const time = widest(shown.map(([, { since }]) => elapsed(now - since)));
  const rows = shown.map(([guest, running]): Line => {
    const ran = elapsed(now - running.since);
    const label = truncate(cell(guest).text, name);
    return [
      cell(`${padding(ran, time)}${ran}  `, 'quiet'),
      cell(label, guestTone(guest)),
      cell(`${padding(label, name)}  ${doing(running, now)}`),
    ];
  });
  return whole ? rows : [...rows, [cell(`and ${sorted.length - shown.length} more run`, 'quiet')]];
}

function doing({ phase, phaseSince, step, since }: Running, now: number): string {
  // A reboot's own time is what tells a slow boot from a guest that does not come back.
  const own = phase === 'rebooting' && phaseSince > since ? ` for ${elapsed(now - phaseSince)}` : '';
  return `${phase}${own}${step === '' ? '' : `  ${step}`}`;
}

function failureLines(state: LiveState, room: number): Line[] {
  const shown = room <= 0 ? [] : state.failures.slice(-room);
  const name = Math.min(MAX_NAME, widest(shown.map(({ guest }) => guest)));
  return shown.map(({ guest, code, step }, index) => {
    const before = state.failed - shown.length;
    const label = truncate(cell(guest).text, name);
    return [
      cell(`failed  ${label}`, 'danger'),
      cell(`${padding(label, name)}  ${code}${step === '' ? '' : `  ${step}`}`),
      cell(index === 0 && before > 0 ? `  and ${before} before` : '', 'quiet'),
    ];
  });
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, textWidth(cell(text).text)), 0);
}

/** Cuts a line to a width. */
function fit(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  const kept: { text: string; tone: Tone }[] = [];
  let left = width;
  for (const { text, tone } of line) {
    if (left <= 0) break;
    kept.push({ text: truncate(text, left), tone });
    left -= textWidth(text);
  }
  return kept;
}

import type { Event, EventKind } from '../../events.ts';
import { cell, type Line } from '../cells.ts';
import { count, duration, elapsed } from '../quantities.ts';
import { FAILURES, OUTCOME_WORDS } from '../result-lines.ts';
import type { EventOf } from '../run-state.ts';
import { batchTitle } from './frame.ts';
import { guestTone } from './guest-tone.ts';
import type { LiveState } from './live-state.ts';
import { PHASES } from './phases.ts';

type Teller<K extends EventKind> = (event: EventOf<K>, state: LiveState) => Line[];

/** How a rollout goes on: worth a line of its own wherever progress is shown. */
const ROLLOUT: { readonly [K in EventKind]?: Teller<K> } = {
  'batch.started': (event) => [
    [cell(batchTitle(event), 'strong'), cell(` begins: ${count(event.guests.length, 'guest')}`)],
  ],
  'batch.finished': ({ batch, failed, ms }, { batch: last }) => [
    [
      cell(last === null ? `batch ${batch}` : batchTitle(last), 'strong'),
      cell(` ended after ${duration(ms)}: `),
      failed === 0 ? cell('none failed', 'add') : cell(`${failed} failed`, 'danger'),
    ],
  ],
  'rollout.paused': ({ ms }) => [[cell(`pause of ${elapsed(ms)}`)]],
  'rollout.gate': ({ batch, passed, reason }) => [
    [
      cell(`gate after batch ${batch}: `),
      passed ? cell('passed', 'add') : cell('not passed', 'danger'),
      cell(reason === undefined ? '' : `, ${reason}`),
    ],
  ],
  'rollout.stopped': ({ reason, notBegun }, state) => [[cell(stopText(reason, notBegun, state), 'danger')]],
};

function stopText(reason: string, notBegun: number, { running }: LiveState): string {
  // With a queue they may all have been handed over; what nobody has begun comes back one by one.
  const left = notBegun === 0 ? '' : `; ${count(notBegun, 'guest')} ${notBegun === 1 ? 'is' : 'are'} not begun`;
  const finish = running.size === 0 ? '' : `, ${running.size} running ${running.size === 1 ? 'is' : 'are'} let finish`;
  const again = reason === 'interrupted' ? '; Ctrl-C again leaves them, and what runs on them goes on' : '';
  return `stopped: ${reason}${left}${finish}${running.size === 0 ? '' : again}`;
}

/** Lines about the rollout as a whole; the state must have recorded the event first. */
export function rolloutLines<K extends EventKind>(event: EventOf<K>, state: LiveState): Line[] {
  return ROLLOUT[event.kind]?.(event, state) ?? [];
}

/** One line for a guest that has ended: `[12/500] vm3  failed  E_PACKAGES step package:install  1 min 12 s`. */
export function endLines(event: Event, state: LiveState): Line[] {
  if (event.kind !== 'guest.finished' || event.outcome === 'not-begun') return [];
  const { guest, outcome, changes, error, reason, ms } = event;
  const { text, tone } = OUTCOME_WORDS[outcome];
  const why = FAILURES.has(outcome) ? (error?.message ?? reason ?? '').split('\n')[0] : '';
  const facts = [
    ...(error === undefined ? [] : [error.code]),
    ...(error?.step === undefined ? [] : [`step ${error.step}`]),
    ...(changes > 0 ? [count(changes, 'change')] : []),
    duration(ms),
  ];
  return [
    [
      cell(`[${state.ended}/${state.total}] `, 'quiet'),
      cell(guest, guestTone(guest)),
      cell('  '),
      cell(text, tone),
      cell(`  ${facts.join('  ')}${why === '' || why === undefined ? '' : `  ${why}`}`),
    ],
  ];
}

/** That the run is alive, in one line: `[212/500] 238 waiting  40 changing  longest vm17 1 min 2 s package:install`. */
export function heartbeat(state: LiveState, now: number): Line[] {
  const phases = PHASES.flatMap((phase) => {
    const number = [...state.running.values()].filter((running) => running.phase === phase).length;
    return number === 0 ? [] : [`${number} ${phase}`];
  });
  const [longest] = [...state.running].sort(([, a], [, b]) => a.since - b.since);
  const parts = [
    ...(state.waiting === 0 ? [] : [`${state.waiting} waiting`]),
    ...phases,
    ...(state.failed === 0 ? [] : [`${state.failed} failed`]),
    ...(state.pausedUntil === null ? [] : [`pause, ${elapsed(state.pausedUntil - now)} left`]),
    ...(longest === undefined
      ? []
      : [`longest ${longest[0]} ${elapsed(now - longest[1].since)} ${longest[1].step}`.trimEnd()]),
  ];
  return [[cell(`[${state.ended}/${state.total}] `, 'quiet'), cell(parts.join('  '))]];
}

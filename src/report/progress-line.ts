import { truncate } from './cells.ts';
import { escapeControl } from './escape.ts';
import { duration, megabytes, rate } from './quantities.ts';
import type { RunState, TransferState } from './run-state.ts';
import { OUTCOME_WORDS } from './result-lines.ts';
import type { Outcome } from '../events.ts';

const COUNTED: readonly Outcome[] = [
  'changed',
  'planned',
  'drifted',
  'reboot-pending',
  'refused',
  'unreachable',
  'failed',
];

/** The live line: how far, how well, and which guest everybody is waiting for. */
export function formatProgress(run: RunState, now: number, width: number): string {
  const ended = [...run.outcomes.values()].reduce((a, b) => a + b, 0);
  const parts = [`${ended}/${run.total} guests`];
  for (const outcome of COUNTED) {
    if (run.count(outcome) > 0) parts.push(`${run.count(outcome)} ${OUTCOME_WORDS[outcome].text}`);
  }
  parts.push(...transferWords(run, now));
  if (run.rebooting.size > 0) parts.push(rebooting(run.rebooting, now));
  const others = [...run.running].filter(([guest]) => !run.rebooting.has(guest));
  const slowest = others.reduce<[string, { since: number; step: string }] | null>(
    (worst, entry) => (worst === null || entry[1].since < worst[1].since ? entry : worst),
    null,
  );
  if (slowest) {
    const [guest, { since, step }] = slowest;
    parts.push(
      `slowest ${escapeControl(guest)} ${duration(now - since)}${step === '' ? '' : ` ${escapeControl(step)}`}`,
    );
  }
  return truncate(parts.join('  '), width - 1);
}

/** `vm1 rebooting, 34 s`; of several the one that has been down for longest. */
function rebooting(guests: ReadonlyMap<string, number>, now: number): string {
  const [guest, since] = [...guests].reduce((a, b) => (b[1] < a[1] ? b : a));
  const [name, time] = [escapeControl(guest), duration(now - since)];
  return guests.size === 1 ? `${name} rebooting, ${time}` : `${guests.size} rebooting, longest ${name} ${time}`;
}

/** `12.0 of 41.3 MB  8.1 MB/s  3.6 s left`, over all guests; a rate is no rate before there is something to measure. */
function transferWords(run: RunState, now: number): string[] {
  const transfers = [...run.running.values()].flatMap(({ transfer }) => (transfer ? [transfer] : []));
  if (transfers.length === 0) return [];
  const sum = (pick: (transfer: TransferState) => number): number =>
    transfers.reduce((total, transfer) => total + pick(transfer), 0);
  const [done, total, came] = [sum((all) => all.done), sum((all) => all.total), sum(({ done: d, from }) => d - from)];
  const ms = now - transfers.reduce((first, { since }) => Math.min(first, since), now);
  const words = [`${megabytes(done)} of ${megabytes(total)}`];
  // The last byte is not the end: the checksum is computed on the guest, and the dump made readable here.
  if (done === total) words.push('checking');
  else if (came > 0 && ms > 0) words.push(rate(came, ms), `${duration(((total - done) / came) * ms)} left`);
  return words;
}

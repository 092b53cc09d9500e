import { elapsed, megabytes, rate } from '../quantities.ts';
import type { Running, Transfer } from './phases.ts';

/** `12.0 MB of 41.3 MB  8.1 MB/s  3 s left`, over all guests; a rate is no rate before there is something to measure. */
export function transferWords(running: readonly Running[], now: number): string[] {
  const transfers = running.flatMap(({ transfer }) => (transfer ? [transfer] : []));
  if (transfers.length === 0) return [];
  const sum = (pick: (transfer: Transfer) => number): number =>
    transfers.reduce((total, transfer) => total + pick(transfer), 0);
  const [done, total, came] = [sum((all) => all.done), sum((all) => all.total), sum(({ done: d, from }) => d - from)];
  const ms = now - transfers.reduce((first, { since }) => Math.min(first, since), now);
  const words = [`${megabytes(done)} of ${megabytes(total)}`];
  // The last byte is not the end: the checksum is computed on the guest, and the dump made readable here.
  if (done === total) words.push('checking');
  else if (came > 0 && ms > 0) words.push(rate(came, ms), `${elapsed(((total - done) / came) * ms)} left`);
  return words;
}

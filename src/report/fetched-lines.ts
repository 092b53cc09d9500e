import { cell, type Line } from './cells.ts';
import { duration, megabytes, rate } from './quantities.ts';
import type { EventOf } from './run-state.ts';

/** One dump that was brought here, was here already, or was left because it cannot be read. */
export function formatFetched(event: EventOf<'guest.fetched'>): Line[] {
  const { guest, dump, state, to, vmcore, bytes, ms, deleted, reason } = event;
  const head = [cell(`${guest}  `, 'strong'), cell(`${dump}  `)];
  if (state === 'left') return [[...head, cell('not fetched: ', 'danger'), cell(`${reason ?? ''} (see --invalid)`)]];
  const place = `${to ?? ''}${vmcore === null ? '' : `/${vmcore}`}`;
  const how =
    state === 'present'
      ? 'already here'
      : bytes === 0
        ? 'made readable, nothing transferred'
        : `${megabytes(bytes)} in ${duration(ms)}, ${rate(bytes, ms)}`;
  return [
    [
      ...head,
      cell(how, state === 'present' ? 'quiet' : 'add'),
      cell(deleted ? '; deleted on the guest' : '', 'change'),
      cell(`  ${place}`),
      ...(reason === undefined ? [] : [cell(`  invalid: ${reason}`, 'danger')]),
    ],
  ];
}

import type { Stamped } from '../../journal/record.ts';
import { markup, type Markup } from '../markup.ts';
import { duration } from '../quantities.ts';
import { PHASES } from '../result-lines.ts';
import type { Reboot } from '../run-state.ts';
import { shortened } from './failure-blocks.ts';

/** What the arm gate of each guest said last. */
export function gateWords(events: readonly Stamped[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(({ event }) =>
      event.kind === 'guest.gate'
        ? [[event.guest, event.state === 'armed' ? 'armed' : `${event.state} ${event.reason}`.trimEnd()] as const]
        : [],
    ),
  );
}

/** When guests that were rebooted went down and came back, counted from the request; those that did not come back first. */
export function rebootTable(reboots: ReadonlyMap<string, Reboot>, gates: ReadonlyMap<string, string>): Markup {
  if (reboots.size === 0) return markup``;
  const all = [...reboots];
  const sorted = [
    ...all.filter(([, { back }]) => back === undefined),
    ...all.filter(([, { back }]) => back !== undefined),
  ];
  const rows = sorted.map(([guest, reboot]) => {
    const cells = PHASES.map(([phase]) => {
      const ms = reboot[phase];
      return ms === undefined
        ? markup`<td>${phase === 'back' ? markup`<span class="bad">never</span>` : null}</td>`
        : markup`<td>${duration(ms)}</td>`;
    });
    return markup`<tr><th scope="row">${guest}</th>${cells}<td>${shortened(gates.get(guest) ?? '')}</td></tr>\n`;
  });
  const heads = PHASES.map(([phase]) => markup`<th scope="col">${phase === 'answering' ? 'answers' : phase}</th>`);
  return markup`<p class="quiet">Times from the request.</p>
<table class="reboots"><thead><tr><th scope="col">guest</th>${heads}<th scope="col">gate</th></tr></thead>
<tbody>
${rows}</tbody></table>\n`;
}

import { markup, type Markup } from '../markup.ts';
import { duration } from '../quantities.ts';
import { shortened } from './failure-blocks.ts';
import { severity, verdictOf, wordsOf } from './outcomes.ts';
import type { GuestStory } from './run-story.ts';

/** Rows of each outcome can be shown alone; the style sheet knows this many. */
const MAX_FILTERS = 14;

/** Counts by outcome, which choose what the table under them shows, and who is where. */
export function guestTable(guests: readonly GuestStory[]): Markup {
  const outcomes = [...new Set(guests.map(({ outcome }) => outcome))].sort((a, b) => severity(a) - severity(b));
  const classes = new Map(outcomes.map((outcome, index) => [outcome, `o${Math.min(index, MAX_FILTERS - 1) + 1}`]));
  const filters = outcomes.map((outcome) => {
    const id = classes.get(outcome) ?? '';
    const n = guests.filter((guest) => guest.outcome === outcome).length;
    return filter(id, markup`<b class="${verdictOf(outcome)}">${n}</b> ${wordsOf(outcome)}`, false);
  });
  const all = filter('all', markup`<b>${guests.length}</b> ${guests.length === 1 ? 'guest' : 'guests'}`, true);
  const rows = guests.map((guest) => row(guest, classes.get(guest.outcome) ?? ''));
  return markup`<section class="guests"><h2>Guests</h2>
<div class="counts" role="radiogroup" aria-label="Guests to show">${all}${filters}</div>
<table><thead><tr><th scope="col">guest</th><th scope="col">outcome</th><th scope="col">changes</th><th scope="col">took</th><th scope="col">reason</th></tr></thead>
<tbody>
${rows}</tbody></table></section>`;
}

function filter(id: string, label: Markup, checked: boolean): Markup {
  return markup`<label><input type="radio" name="show" class="${id}"${checked ? markup` checked` : null}><span>${label}</span></label>\n`;
}

function row({ guest, outcome, changes, startMs, endMs, reason, error }: GuestStory, id: string): Markup {
  const took = startMs === null || endMs === null ? '' : duration(endMs - startMs);
  const code = error === undefined ? null : markup`<code>${error.code}</code> `;
  const changed =
    changes === 0 ? null : markup`${changes}<span class="unit"> ${changes === 1 ? 'change' : 'changes'}</span>`;
  const why = reason ?? error?.message ?? (outcome === null ? unfinished(startMs) : '');
  return markup`<tr class="${id}"><th scope="row">${guest}</th><td><span class="outcome ${verdictOf(outcome)}">${wordsOf(outcome)}</span></td><td class="number">${changed}</td><td class="number">${took}</td><td>${code}${shortened(why)}</td></tr>\n`;
}

function unfinished(startMs: number | null): string {
  return startMs === null ? 'never begun' : 'begun, and the journal has no end for it';
}

import { markup, type Markup } from '../markup.ts';
import type { Group } from '../plan-fold.ts';
import { FAILURES } from '../result-lines.ts';
import type { Result } from '../run-state.ts';
import { guestNames } from './guest-names.ts';
import { severity, wordsOf } from './outcomes.ts';

/** Text of one message or line; a guest can print without end. */
const MAX_TEXT = 2000;

/** Guests that did not get where they should: why, what to do, and what they said last. */
export function failureBlocks(groups: readonly Group<Result>[]): Markup {
  const failed = groups.filter(({ value }) => FAILURES.has(value.outcome));
  failed.sort((a, b) => severity(a.value.outcome) - severity(b.value.outcome));
  return markup`${failed.map(block)}`;
}

function block({ value: { outcome, error, reason, tail }, guests }: Group<Result>): Markup {
  const code = error === undefined ? null : markup` <code>${error.code}</code>`;
  const step = error?.step === undefined ? null : markup` <small>step ${error.step}</small>`;
  const texts = [error?.message, reason === error?.message ? undefined : reason].filter((text) => text !== undefined);
  const hint = error?.hint === undefined ? null : markup`<p class="hint"><b>hint</b> ${shortened(error.hint)}</p>\n`;
  const last = tail.length === 0 ? null : markup`<pre>${tail.map((line) => markup`${shortened(line)}\n`)}</pre>\n`;
  return markup`<article class="bad"><p><b>${guestNames(guests)}</b> <span class="outcome bad">${wordsOf(outcome)}</span>${code}${step}</p>
${texts.map((text) => markup`<p class="message">${shortened(text)}</p>\n`)}${last}${hint}</article>\n`;
}

/** Cut where nobody reads on, and saying so. */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

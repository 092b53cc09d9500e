import type { Outcome } from '../../events.ts';
import { OUTCOME_WORDS } from '../result-lines.ts';

/** Colour of an outcome on a page, and what JUnit makes of it. */
export type Verdict = 'bad' | 'odd' | 'good' | 'quiet';

/** The worst first. Outcomes of a journal that a newer version wrote come after the known failures. */
const RANKS: Readonly<Record<string, Verdict>> = {
  failed: 'bad',
  unreachable: 'bad',
  refused: 'bad',
  interrupted: 'bad',
  '': 'bad',
  'not-begun': 'odd',
  drifted: 'odd',
  'reboot-pending': 'odd',
  planned: 'odd',
  changed: 'good',
  captured: 'good',
  skipped: 'quiet',
  converged: 'good',
};
const ORDER = Object.keys(RANKS);
const UNKNOWN_RANK = ORDER.indexOf('not-begun') - 0.5;

/** Where an outcome stands in a list that begins with the worst; null is a guest without an end. */
export function severity(outcome: Outcome | null): number {
  const at = ORDER.indexOf(outcome ?? '');
  return at < 0 ? UNKNOWN_RANK : at;
}

export function verdictOf(outcome: Outcome | null): Verdict {
  return RANKS[outcome ?? ''] ?? 'odd';
}

/** An outcome for people: the terminal's words. */
export function wordsOf(outcome: Outcome | null): string {
  if (outcome === null) return 'no result';
  const words = OUTCOME_WORDS as Readonly<Record<string, { readonly text: string } | undefined>>;
  return words[outcome]?.text ?? outcome.replaceAll('-', ' ');
}

/** So many guests, or so many percent of the whole fleet. */
export type Share = { readonly kind: 'guests'; readonly n: number } | { readonly kind: 'percent'; readonly n: number };

const COUNT = /^\d{1,5}$/;
const PERCENT = /^(\d{1,3}(?:\.\d{1,2})?)%$/;

/** `5` or `25%`; null for anything else. */
export function parseShare(text: string): Share | null {
  if (COUNT.test(text)) return { kind: 'guests', n: Number(text) };
  const percent = Number(PERCENT.exec(text)?.[1] ?? NaN);
  return percent <= 100 ? { kind: 'percent', n: percent } : null;
}

/** Of a fleet of `total`, rounded up. */
export function guestsIn({ kind, n }: Share, total: number): number {
  // In hundredths of a percent, which are whole numbers: 7% of 100 must not become 8.
  return kind === 'guests' ? n : Math.ceil((Math.round(n * 100) * total) / 10_000);
}

/** As people write it. */
export function shareText({ kind, n }: Share): string {
  return kind === 'guests' ? String(n) : `${n}%`;
}

/**
 * How many failed guests end a rollout; at least one, so 0 means: the first failure does.
 * Reached means stop, so `5%` is reached when five of a hundred have failed.
 */
export function failureLimit(budget: Share, total: number): number {
  return Math.max(1, guestsIn(budget, total));
}

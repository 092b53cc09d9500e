let collator: Intl.Collator | undefined;

/** Names of guests for people: `vm9` before `vm10`, and no two names are the same. */
export function naturally(a: string, b: string): number {
  // Not before it is asked for: to make one takes 6 ms, which is a twentieth of a run over one guest.
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

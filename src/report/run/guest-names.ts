import { foldNames } from '../node-set.ts';

/** Guests of a group on one line: `vm[1-500] (500 guests)`. */
export function guestNames(guests: readonly string[]): string {
  const names = foldNames(guests).join(', ');
  return guests.length > 3 ? `${names} (${guests.length} guests)` : names;
}

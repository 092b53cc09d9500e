import { naturally } from '../../inventory/natural-order.ts';

/** In which order guests are begun. */
export type Order =
  { readonly kind: 'inventory' } | { readonly kind: 'sorted' } | { readonly kind: 'shuffled'; readonly seed: string };

/** `sorted` has vm9 before vm10; the same seed shuffles the same guests the same way, on every machine. */
export function inOrder<T extends { readonly name: string }>(guests: readonly T[], order: Order): T[] {
  if (order.kind === 'inventory') return [...guests];
  const sorted = guests.toSorted((a, b) => naturally(a.name, b.name));
  // From the sorted list, so that a line that has moved in the inventory moves nobody here.
  return order.kind === 'sorted' ? sorted : shuffled(sorted, order.seed);
}

/** Fisher and Yates. */
function shuffled<T>(items: T[], seed: string): T[] {
  const random = randomFrom(seed);
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}

/** Numbers in [0, 1): FNV-1a of the seed, then mulberry32. Nothing here has to be hard to guess. */
function randomFrom(seed: string): () => number {
  let state = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(seed)) state = Math.imul(state ^ byte, 0x01_00_01_93);
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { inOrder, type Order } from './order.ts';
import { guestsIn, type Share } from './share.ts';

/** A guest as far as a rollout has to know it. */
export interface Placed {
  readonly name: string;
  /** Guests of different groups are never begun in one batch. */
  readonly group?: string;
}

/** Guests that are begun together. */
export interface Batch {
  /** `canary`, or `batch 2 of 5`. */
  readonly name: string;
  readonly canary: boolean;
  readonly guests: readonly string[];
}

export interface Ramp {
  readonly order: Order;
  /** Guests that go first, and whose failure ends everything. */
  readonly canary?: Share;
  /** Sizes of the batches after the canary; the last one repeats until all guests have gone. Empty: all the rest. */
  readonly sizes: readonly Share[];
  /** What the groups of `Placed` are of: `hypervisor`. */
  readonly serialBy?: string;
}

/** Who goes with whom, and when. Percentages are of the whole fleet, the canary included, and are rounded up. */
export function batchesOf(guests: readonly Placed[], ramp: Ramp): Batch[] {
  const total = guests.length;
  const groups = grouped(inOrder(guests, ramp.order));
  const sizes = ramp.sizes.map((size) => Math.max(1, guestsIn(size, total)));
  let canaries = ramp.canary === undefined ? 0 : guestsIn(ramp.canary, total);
  let step = 0;
  const cuts: { canary: boolean; group: string | undefined; guests: string[] }[] = [];
  for (const [group, names] of groups) {
    for (let from = 0; from < names.length;) {
      const canary = canaries > 0;
      const size = canary ? canaries : (sizes[Math.min(step, sizes.length - 1)] ?? total);
      // A batch ends where its group ends.
      const cut = names.slice(from, from + size);
      if (canary) canaries -= cut.length;
      else step += 1;
      from += cut.length;
      cuts.push({ canary, group, guests: cut });
    }
  }
  return cuts.map(({ canary, group, guests: names }, index) => {
    const title = canary ? 'canary' : `batch ${index + 1} of ${cuts.length}`;
    return { name: title + groupWords(ramp.serialBy, group), canary, guests: names };
  });
}

function groupWords(variable: string | undefined, group: string | undefined): string {
  if (variable === undefined) return '';
  return group === undefined ? ` (no ${variable})` : ` (${variable} ${group})`;
}

/** Groups in the order of their first guests. */
function grouped(guests: readonly Placed[]): Map<string | undefined, string[]> {
  const groups = new Map<string | undefined, string[]>();
  for (const { name, group } of guests) {
    const names = groups.get(group);
    if (names === undefined) groups.set(group, [name]);
    else names.push(name);
  }
  return groups;
}

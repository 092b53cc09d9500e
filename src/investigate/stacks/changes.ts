import type { StackGroup } from './group.ts';

/** What is different from the look before. */
export interface StackChanges {
  readonly appeared: readonly StackGroup[];
  readonly gone: readonly StackGroup[];
}

/** A group is new when no task stood there before, and gone when none does any more; who comes and goes within is not told. */
export function stackChanges(before: readonly StackGroup[], now: readonly StackGroup[]): StackChanges {
  const ids = (groups: readonly StackGroup[]): Set<string> => new Set(groups.map(({ id }) => id));
  const [known, left] = [ids(before), ids(now)];
  return { appeared: now.filter(({ id }) => !known.has(id)), gone: before.filter(({ id }) => !left.has(id)) };
}

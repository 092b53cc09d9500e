import type { HangKnowledge } from './knowledge.ts';
import type { Stack } from './stack.ts';

/** Releases as `6.0`; null: not bounded. */
export interface KernelBounds {
  readonly from: string | null;
  readonly before: string | null;
}

/** What the functions of a stack say about the kernel that has them all. */
export function boundsOf(stack: Stack, { frames }: HangKnowledge): KernelBounds {
  const known = stack.frames.flatMap((frame) => frames.get(frame.function) ?? []);
  return {
    from: known.map(({ from }) => from).reduce(later, null),
    before: known.map(({ before }) => before).reduce(earlier, null),
  };
}

/** Whether no release is in both. */
export function excludeEachOther(one: KernelBounds, other: KernelBounds): boolean {
  const from = later(one.from, other.from);
  const before = earlier(one.before, other.before);
  return from !== null && before !== null && compareReleases(from, before) >= 0;
}

/** The younger of two releases, where both are known. */
export function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareReleases(one, other) >= 0 ? one : other;
}

/** The older of two releases, where both are known. */
export function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareReleases(one, other) <= 0 ? one : other;
}

/** Orders `5.4` and `5.10` as releases; negative: the first is older. */
export function compareReleases(one: string, other: string): number {
  const [a, b] = [one, other].map((release) => release.split('.').map(Number));
  return (a?.[0] ?? 0) - (b?.[0] ?? 0) || (a?.[1] ?? 0) - (b?.[1] ?? 0);
}

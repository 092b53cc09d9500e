import type { Wait } from '../wait.ts';

/** What a tool's output says. */
export interface Recorded {
  readonly waits: readonly Wait[];
  /** Stacks that the tool could not keep or read. */
  readonly lost: number;
  /** Lines that belong to nothing that the tool is known to print. */
  readonly strange: number;
}

/** Adds up waits that are alike, in the order in which they were first seen. */
export function foldWaits(waits: Iterable<Wait>): Wait[] {
  const folded = new Map<string, Wait>();
  for (const wait of waits) {
    const { comm, pid, pending, stack, user, waker } = wait;
    const key = JSON.stringify([comm, pid, pending, stack, user, waker?.comm, waker?.stack]);
    const before = folded.get(key);
    folded.set(key, before === undefined ? wait : { ...before, us: before.us + wait.us });
  }
  return [...folded.values()];
}

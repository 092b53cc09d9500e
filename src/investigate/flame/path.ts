import type { GuestWaits, Wait } from '../wait.ts';
import type { WaitClassifier } from './wait-kinds.ts';

/** What a frame of the graph is. */
export type Side =
  | 'guest'
  | 'task'
  | 'user' // a function of the program
  | 'kernel'
  | 'mark' // no function: what stands between others
  | 'waker'; // who woke it, and from where

export interface FlameFrame {
  readonly name: string;
  readonly side: Side;
}

/** One stack of the graph, outermost first, and its weight. */
export interface FlamePath {
  readonly frames: readonly FlameFrame[];
  readonly us: number;
  /** Index into the kinds of waits. */
  readonly kind: number;
}

/** Between a task and its stack: it had not come back when the trace ended. */
export const NOT_BACK = '(not come back)';
/** Between the one that waited and the one that woke it, whose stack stands on its head. */
export const WAKER = '--';
const PROGRAM_ENDS = '-';

/**
 * The stacks of all guests as paths from the root: the guest (where there are several), the task, the program, the kernel
 * with the innermost function last; then, after `--`, the waker's functions with the innermost first, and the waker.
 */
export function pathsOf(guests: readonly GuestWaits[], classifier: WaitClassifier): FlamePath[] {
  // Processes of one name are one task here, so what they have in common is one stack.
  const paths = new Map<string, FlamePath>();
  for (const { guest, waits } of guests) {
    const root: FlameFrame[] = guests.length > 1 ? [{ name: guest, side: 'guest' }] : [];
    for (const wait of waits) {
      const frames = [...root, ...framesOf(wait)];
      const key = frames.map(({ name, side }) => `${side} ${name}`).join('\n');
      const us = wait.us + (paths.get(key)?.us ?? 0);
      paths.set(key, { frames, us, kind: classifier.classify(wait).kind });
    }
  }
  return [...paths.values()];
}

function framesOf({ comm, stack, user, waker, pending }: Wait): FlameFrame[] {
  const frames: FlameFrame[] = [{ name: comm === '' ? '(no name)' : comm, side: 'task' }];
  const put = (names: readonly string[], side: Side): void => {
    for (const name of names) frames.push({ name, side });
  };
  if (pending) put([NOT_BACK], 'mark');
  if (user.length > 0) {
    put(user.toReversed(), 'user');
    put([PROGRAM_ENDS], 'mark');
  }
  put(stack.toReversed(), 'kernel');
  if (waker !== null) {
    put([WAKER], 'mark');
    put(waker.stack, 'waker');
    put([waker.comm === '' ? '(no name)' : waker.comm], 'waker');
  }
  return frames;
}

/** The paths as lines that flamegraph.pl and others read: `task;outer;inner 1234`. */
export function formatFolded(paths: readonly FlamePath[]): string {
  return paths
    .filter(({ us }) => us > 0)
    .map(({ frames, us }) => `${frames.map(({ name }) => foldable(name)).join(';')} ${us}\n`)
    .join('');
}

/** A name may hold anything; a line of folded stacks has no way to quote. */
function foldable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll(';', ',');
}

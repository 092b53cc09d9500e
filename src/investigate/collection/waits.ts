import type { StackFrame } from '../trace.ts';
import type { HungTaskView } from './collection.ts';

/** Frames that tell what kind of wait a task in D is in (catalogue/stacks/hung-task.yaml). */
export interface WaitKinds {
  readonly killable: readonly WaitKind[];
  readonly frozen: readonly WaitKind[];
}

export interface WaitKind {
  /** Regular expression over function names. */
  readonly match: string;
  readonly meaning: string;
}

/** A wait is told by the frames next to it: further out, the same function may be about anything. */
const NEAR = 6;

/** How khungtaskd sees a task in D with these frames; null: without frames it cannot be said. */
export function hungTaskView(frames: readonly StackFrame[] | null, kinds: WaitKinds): HungTaskView {
  if (frames === null || frames.length === 0) return null;
  const near = frames.filter(({ unsure }) => !unsure).slice(0, NEAR);
  const is = (list: readonly WaitKind[]): boolean =>
    list.some(({ match }) => near.some((frame) => new RegExp(match).test(frame.function)));
  if (is(kinds.frozen)) return 'frozen';
  return is(kinds.killable) ? 'killable' : 'counted';
}

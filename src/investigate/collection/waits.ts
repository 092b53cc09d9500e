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

/** How khungtaskd sees a task in D, and what it waits for where that is told. */
export interface WaitView {
  readonly hungTask: HungTaskView;
  readonly wait: string | null;
}

/** Goes by the frames: without any it cannot be said. */
export function waitView(frames: readonly StackFrame[] | null, kinds: WaitKinds): WaitView {
  if (frames === null || frames.length === 0) return { hungTask: null, wait: null };
  const near = frames.filter(({ unsure }) => !unsure).slice(0, NEAR);
  const first = (list: readonly WaitKind[]): WaitKind | undefined =>
    list.find(({ match }) => near.some((frame) => new RegExp(match).test(frame.function)));
  const [frozen, killable] = [first(kinds.frozen), first(kinds.killable)];
  if (frozen !== undefined) return { hungTask: 'frozen', wait: frozen.meaning };
  if (killable !== undefined) return { hungTask: 'killable', wait: killable.meaning };
  return { hungTask: 'counted', wait: null };
}

import type { Collection, HungTaskView, TaskLook } from '../collection/collection.ts';
import type { Explanation } from '../explanation.ts';

/** A task of a group: whose stack is the same as the others'. */
export interface GroupedTask extends Pick<
  TaskLook,
  'pid' | 'tid' | 'comm' | 'process' | 'parent' | 'state' | 'cpu' | 'seconds' | 'hungTask'
> {
  readonly guest: string;
}

/** Tasks that stand in the same functions, on however many guests. */
export interface StackGroup {
  /** Follows from the functions: the same stack has the same id in every run. */
  readonly id: string;
  readonly blocked: boolean;
  /** Innermost first; empty: no stack could be read, and `wchan` is all there is. */
  readonly functions: readonly string[];
  readonly wchan: string | null;
  readonly guests: readonly string[];
  /** Longest first. */
  readonly tasks: readonly GroupedTask[];
  readonly longestSeconds: number | null;
  readonly hungTask: HungTaskView;
  readonly wait: string | null;
  /** Null: there are no frames to explain. */
  readonly explanation: Explanation | null;
}

/** A task as it is told of: with the group that it is in, and what that is known as. */
export interface ToldTask extends TaskLook {
  readonly group: string;
  /** Best first. */
  readonly matches: readonly { readonly signature: string; readonly category: string; readonly confidence: number }[];
}

/** What one look at one guest found. */
export interface GuestStacks extends Omit<Collection, 'blocked' | 'passing' | 'others'> {
  readonly blocked: readonly ToldTask[];
  readonly passing: readonly ToldTask[];
  readonly others: readonly ToldTask[];
}

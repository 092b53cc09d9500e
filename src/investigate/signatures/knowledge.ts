import type { Fix, NextStep } from '../explanation.ts';
import type { TraceKind } from '../trace.ts';

/** What is known of hangs before one has been seen: catalogue/signatures and catalogue/frames. */
export interface HangKnowledge {
  readonly signatures: readonly Signature[];
  /** By function name, compiler suffixes taken off. */
  readonly frames: ReadonlyMap<string, FrameKnowledge>;
  /** Where functions that nobody has written down belong, the longest prefix first. */
  readonly families: readonly FrameFamily[];
}

/**
 * What a frame does for a stack, beside what its function is for.
 * sleep: it gives the CPU away, or waits for no matter what; lock: it takes a lock; interrupt: it came in between;
 * entry: the way in from user space, or the frame of a kernel thread.
 */
export const FRAME_ROLES = ['work', 'sleep', 'lock', 'interrupt', 'entry'] as const;
export type FrameRole = (typeof FRAME_ROLES)[number];

export interface FrameKnowledge {
  readonly function: string;
  readonly subsystem: string;
  /** What the function is for, half a sentence. */
  readonly note: string;
  readonly role: FrameRole;
  /** First release that has a function of this name; null where that says nothing. */
  readonly from: string | null;
  /** First release that has none. */
  readonly before: string | null;
}

/** Functions named alike (`xfs_`), or all those of a module. */
export interface FrameFamily {
  readonly prefix: string;
  readonly subsystem: string;
  readonly role: FrameRole;
}

/** How much a signature says. exact: one known cause; usual: one kind of wait; fallback: better than nothing. */
export const GRADES = ['exact', 'usual', 'fallback'] as const;
export type Grade = (typeof GRADES)[number];

/** A known hang. */
export interface Signature {
  readonly name: string;
  readonly category: string;
  readonly title: string;
  readonly grade: Grade;
  readonly meaning: string;
  readonly match: SignatureMatch;
  /** Releases that can show it; a stack that tells another age counts for less. */
  readonly kernels: { readonly from: string | null; readonly before: string | null };
  /** Says who asked for what is waited for: a mutex alone tells nobody anything. */
  readonly namesCaller: boolean;
  readonly next: readonly NextStep[];
  readonly fixes: readonly Fix[];
  readonly mitigations: readonly string[];
  readonly references: readonly string[];
  readonly examples: { readonly fits: readonly Example[]; readonly other: readonly Example[] };
}

/** What a trace must show, all of it. */
export interface SignatureMatch {
  /** Empty: those of tasks that wait. */
  readonly kinds: readonly TraceKind[];
  /** Empty: any. A state that is not told fits, for less. */
  readonly states: readonly string[];
  /** Regular expressions. */
  readonly headline: string | null;
  readonly comm: string | null;
  /** Any one of them; empty: the rest is enough. See step.ts for how a step is written. */
  readonly stacks: readonly (readonly string[])[];
  /** How many frames may stand above the first step; the scheduler's and an interrupt's do not count. */
  readonly top: number;
  /** Steps of which there may be none anywhere. */
  readonly none: readonly string[];
}

/** A stack that a signature is tried on. */
export interface Example {
  readonly kind: TraceKind;
  readonly state: string | null;
  readonly headline: string | null;
  readonly comm: string | null;
  /** `function [module]`, innermost first, in a line each or with `<-` between them. */
  readonly stack: string;
}

import type { StackFrame, Trace } from './trace.ts';

/** What a person should run next, and what it tells. */
export interface NextStep {
  readonly run: string;
  readonly why: string;
}

export interface Fix {
  /** Abbreviated commit id of mainline. */
  readonly commit: string;
  readonly title: string;
  /** First release that has it: `6.0`. */
  readonly release: string;
}

/** A known hang that a trace fits. */
export interface Match {
  /** Name of the file in catalogue/signatures, without .yaml. */
  readonly signature: string;
  readonly category: string;
  readonly title: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly meaning: string;
  readonly next: readonly NextStep[];
  readonly fixes: readonly Fix[];
  readonly mitigations: readonly string[];
  readonly references: readonly string[];
}

export interface ExplainedFrame {
  readonly frame: StackFrame;
  /** What the function is for; null: nobody has written it down. */
  readonly note: string | null;
}

/** What the frames say about the kernel's age; releases as `6.0`, null where nothing bounds it. */
export interface KernelAge {
  readonly from: string | null;
  readonly before: string | null;
  /** One sentence for each clue. */
  readonly because: readonly string[];
}

export interface Explanation {
  readonly trace: Trace;
  /** With the frames that were put back, innermost first. */
  readonly frames: readonly ExplainedFrame[];
  readonly age: KernelAge;
  /** Best first; empty: unknown, and then `subsystem` is all there is to say. */
  readonly matches: readonly Match[];
  /** mm, block, fs, drm..; null: not even that. */
  readonly subsystem: string | null;
}

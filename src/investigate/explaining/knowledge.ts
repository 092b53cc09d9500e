import type { CrashKnowledge } from '../../crash/analysis/evidence.ts';
import type { NextStep } from '../explanation.ts';
import type { HangKnowledge } from '../signatures/knowledge.ts';

/** What is known before a stack has been seen: signatures and frames, and how stacks are to be read. */
export interface ExplainKnowledge extends HangKnowledge {
  readonly waits: readonly HiddenWait[];
  readonly clues: readonly AgeClue[];
  readonly advice: readonly Advice[];
  readonly panics: CrashKnowledge['panics'];
}

/** Functions of the scheduler that /proc/PID/stack leaves out above a function that waits. */
export interface HiddenWait {
  /** Innermost functions that such a stack shows. */
  readonly above: readonly string[];
  /** In the order in which they call each other, the one that `above` calls first. */
  readonly calls: readonly string[];
}

/** Frames that tell a kernel's age. */
export interface AgeClue {
  /** Steps, innermost first, as signatures have them: signatures/step.ts. */
  readonly stack: readonly string[];
  readonly from: string | null;
  readonly before: string | null;
  /** Half a sentence. */
  readonly because: string;
}

/** What to look at when nothing better is known than where a task waits. */
export interface Advice {
  /** Subsystems of catalogue/frames that it is for; `any` is for all. */
  readonly subsystems: readonly string[];
  readonly next: readonly NextStep[];
}

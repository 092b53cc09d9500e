import type { Grade } from './knowledge.ts';

/** What was found for a signature in a trace. */
export interface Evidence {
  readonly grade: Grade;
  /** Steps of the stack, and conditions beside it (kind of report, headline, comm), that were asked for and are there. */
  readonly points: number;
  /** Working frames above the first step. */
  readonly depth: number;
  readonly sureFrames: boolean;
  /** agrees: the state was asked for, and told; open: not told; against: the task sleeps where a hang would not. */
  readonly state: 'agrees' | 'open' | 'against';
  readonly otherKernel: boolean;
}

/** What the best possible evidence is worth: nothing is certain, and a general wait names no cause. */
const CEILING: Readonly<Record<Grade, number>> = { exact: 0.97, usual: 0.85, fallback: 0.55 };
/** What each further point leaves of the doubt. */
const DOUBT = 0.3;
/** A wait that is not at the top may be over: each frame above it takes this away. */
const PER_FRAME = 0.95;
const UNSURE_FRAMES = 0.75;
const STATE: Readonly<Record<Evidence['state'], number>> = { agrees: 1, open: 0.95, against: 0.7 };
const OTHER_KERNEL = 0.5;

/** Below it, saying nothing is better. */
export const LEAST_CONFIDENCE = 0.25;

/**
 * 0 to 1, in hundredths: the ceiling of the grade, less what is missing. Every point of evidence leaves 0.3 of the doubt that was there
 * before (1: 0.70, 2: 0.91, 3: 0.97); the rest are factors. docs/signatures.md has them as a table.
 */
export function confidenceOf({ grade, points, depth, sureFrames, state, otherKernel }: Evidence): number {
  const certainty = 1 - DOUBT ** Math.max(points, 1);
  const factors = [
    CEILING[grade],
    certainty,
    PER_FRAME ** depth,
    sureFrames ? 1 : UNSURE_FRAMES,
    STATE[state],
    otherKernel ? OTHER_KERNEL : 1,
  ];
  return Math.round(factors.reduce((product, factor) => product * factor, 1) * 100) / 100;
}

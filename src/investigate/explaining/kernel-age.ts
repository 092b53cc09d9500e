import type { KernelAge } from '../explanation.ts';
import { compareReleases, earlier, later } from '../signatures/kernel-bounds.ts';
import type { FrameKnowledge } from '../signatures/knowledge.ts';
import { readStep, type Step } from '../signatures/step.ts';
import type { StackFrame } from '../trace.ts';
import type { AgeClue, ExplainKnowledge } from './knowledge.ts';

type Bound = Pick<AgeClue, 'from' | 'before' | 'because'>;

/**
 * Between which releases a kernel lies that has these frames. What calls what says more than a name, which may have been brought
 * back to an older kernel, or shortened by whoever pasted the stack: a name that contradicts is said, and not counted.
 */
export function ageOf(frames: readonly StackFrame[], knowledge: ExplainKnowledge): KernelAge {
  const sure = frames.filter((frame) => !frame.unsure && frame.inferred === null);
  const bounds = [
    ...knowledge.clues.filter((clue) => shows(sure, stepsOf(clue))),
    ...sure.flatMap((frame) => boundOf(knowledge.frames.get(frame.function))),
  ];
  let range: Range = { from: null, before: null };
  const odd: Bound[] = [];
  for (const bound of bounds) {
    const narrowed = { from: later(range.from, bound.from), before: earlier(range.before, bound.before) };
    if (isEmpty(narrowed)) odd.push(bound);
    else range = narrowed;
  }
  const telling = bounds.filter((bound) => !odd.includes(bound) && tells(bound, range));
  const because = [
    ...telling.map(sentence),
    ...odd.map((bound) => `${sentence(bound)}, which does not fit: backported or renamed`),
  ];
  return { ...range, because: [...new Set(because)] };
}

type Range = Pick<KernelAge, 'from' | 'before'>;

function isEmpty({ from, before }: Range): boolean {
  return from !== null && before !== null && compareReleases(from, before) >= 0;
}

/** Only what sets a bound is worth a line. */
function tells(bound: Range, { from, before }: Range): boolean {
  return (from !== null && bound.from === from) || (before !== null && bound.before === before);
}

/** `drain_all_pages waits for a work item: before 6.0` */
function sentence({ from, before, because }: Bound): string {
  const bounds = [from === null ? null : `${from} or later`, before === null ? null : `before ${before}`];
  return `${because}: ${bounds.filter((bound) => bound !== null).join(', ')}`;
}

function boundOf(known: FrameKnowledge | undefined): Bound[] {
  if (known === undefined || (known.from === null && known.before === null)) return [];
  return [{ from: known.from, before: known.before, because: `it has ${known.function}` }];
}

const steps = new WeakMap<AgeClue, readonly Step[]>();

function stepsOf(clue: AgeClue): readonly Step[] {
  const known = steps.get(clue) ?? clue.stack.map(readStep);
  steps.set(clue, known);
  return known;
}

/** Whether the frames have the steps in their order. */
function shows(frames: readonly StackFrame[], [step, ...rest]: readonly Step[], from = 0): boolean {
  if (step === undefined) return true;
  const end = step.adjacent ? Math.min(from + 1, frames.length) : frames.length;
  for (let index = from; index < end; index++) {
    const frame = frames[index];
    if (frame !== undefined && step.fits(frame) && shows(frames, rest, index + 1)) return true;
  }
  return false;
}

import type { Match } from '../explanation.ts';
import type { Trace } from '../trace.ts';
import { compile, type CompiledSignature } from './compiled.ts';
import { confidenceOf, LEAST_CONFIDENCE, type Evidence } from './confidence.ts';
import { boundsOf, excludeEachOther, type KernelBounds } from './kernel-bounds.ts';
import type { HangKnowledge } from './knowledge.ts';
import { callerFrom, stackOf, type Stack } from './stack.ts';
import type { Step } from './step.ts';
import { subsystemOf } from './subsystem.ts';

/** Left-overs that may stand above a frame where the kernel could not tell them from callers. */
const LITTER = 6;

/** Where a pattern was found in a stack. */
interface Found {
  readonly points: number;
  readonly depth: number;
  /** Index of the frame after the last step. */
  readonly end: number;
}

/**
 * The signatures that a trace fits, best first; none: nothing is known of it.
 * A trace of another kind than those that a signature is about never fits it, however alike the stacks are.
 */
export function matchSignatures(trace: Trace, knowledge: HangKnowledge): Match[] {
  const stack = stackOf(trace, knowledge);
  const bounds = boundsOf(stack, knowledge);
  const matches = compile(knowledge).flatMap((compiled) => tryOne(compiled, trace, stack, bounds, knowledge) ?? []);
  return matches.sort((one, other) => other.confidence - one.confidence || (one.signature < other.signature ? -1 : 1));
}

function tryOne(
  compiled: CompiledSignature,
  trace: Trace,
  stack: Stack,
  bounds: KernelBounds,
  knowledge: HangKnowledge,
): Match | null {
  const { signature } = compiled;
  const state = stateOf(trace);
  if (!compiled.kinds.has(trace.kind) || !fitsState(signature.match.states, state)) return null;
  if (signature.match.kinds.length === 0 && wasRunning(trace, stack)) return null;
  if (compiled.headline !== null && !compiled.headline.test(trace.headline ?? '')) return null;
  if (compiled.comm !== null && !compiled.comm.test(trace.task?.comm ?? '')) return null;
  const found = findStack(compiled, stack);
  if (found === null || compiled.none.some(({ fits }) => stack.frames.some(fits))) return null;

  const beside = [signature.match.kinds.length > 0, compiled.headline !== null, compiled.comm !== null];
  const confidence = confidenceOf({
    grade: signature.grade,
    points: found.points + beside.filter(Boolean).length,
    depth: found.depth,
    sureFrames: stack.sure || found.points === 0,
    state: judgeState(signature.match.states, state),
    otherKernel: excludeEachOther(signature.kernels, bounds),
  });
  if (confidence < LEAST_CONFIDENCE) return null;
  const caller = signature.namesCaller ? callerText(stack, found.end, knowledge) : '';
  const { name, category, title, meaning, next, fixes, mitigations, references } = signature;
  return {
    signature: name,
    category,
    title,
    confidence,
    meaning: meaning + caller,
    next,
    fixes,
    mitigations,
    references,
  };
}

/** A stack that the CPU printed of itself shows no wait, whatever it is in: `dump_stack` or an interrupt is on it. */
function wasRunning({ kind }: Trace, { frames }: Stack): boolean {
  return kind === 'backtrace' && frames.some(({ role }) => role === 'interrupt');
}

/** khungtaskd only ever reports D, and some kernels do not print it. */
function stateOf(trace: Trace): string | null {
  return trace.state ?? (trace.kind === 'hung_task' ? 'D' : null);
}

function fitsState(asked: readonly string[], state: string | null): boolean {
  return asked.length === 0 || state === null || asked.includes(state);
}

function judgeState(asked: readonly string[], state: string | null): Evidence['state'] {
  if (state === null) return 'open';
  return asked.length > 0 || state === 'D' || state === 'R' ? 'agrees' : 'against';
}

/** The pattern that is worth most: with the most steps, and of those the one nearest to the top. */
function findStack({ stacks, signature }: CompiledSignature, stack: Stack): Found | null {
  if (stacks.length === 0) return { points: 0, depth: 0, end: 0 };
  let best: Found | null = null;
  for (const steps of stacks) {
    const found = findSteps(steps, stack, signature.match.top + (stack.sure ? 0 : LITTER));
    if (found === null) continue;
    if (best === null || found.points > best.points || (found.points === best.points && found.depth < best.depth)) {
      best = found;
    }
  }
  return best;
}

function findSteps(steps: readonly Step[], { frames }: Stack, top: number): Found | null {
  const [first, ...rest] = steps;
  if (first === undefined) return null;
  for (const [start, frame] of frames.entries()) {
    if (frame.depth > top) return null;
    if (!first.fits(frame)) continue;
    const end = findRest(rest, frames, start + 1);
    if (end !== null) return { points: steps.filter(({ tells }) => tells).length, depth: frame.depth, end };
  }
  return null;
}

/** Finds the other steps in their order; where one must be adjacent, an earlier one may have to be looked for further out. */
function findRest(steps: readonly Step[], frames: Stack['frames'], from: number): number | null {
  const [step, ...rest] = steps;
  if (step === undefined) return from;
  const last = step.adjacent ? from + 1 : frames.length;
  for (let index = from; index < Math.min(last, frames.length); index++) {
    const frame = frames[index];
    if (frame === undefined || !step.fits(frame)) continue;
    const end = findRest(rest, frames, index + 1);
    // Without an adjacent step after it, the first place is as good as any.
    if (end !== null || !rest.some(({ adjacent }) => adjacent)) return end;
  }
  return null;
}

function callerText(stack: Stack, end: number, knowledge: HangKnowledge): string {
  const caller = callerFrom(stack, end);
  if (caller === null) return '';
  const subsystem = subsystemOf(caller, knowledge);
  return ` Here it was asked for by ${caller.function}${subsystem === null ? '' : ` (${subsystem})`}.`;
}

import type { StackFrame, Trace } from '../trace.ts';
import type { FrameRole, HangKnowledge } from './knowledge.ts';

/** A frame as signatures see it. */
export interface StandingFrame {
  readonly function: string;
  readonly module: string | null;
  readonly role: FrameRole;
  /** How many frames that do some work stand above it. */
  readonly depth: number;
}

export interface Stack {
  readonly frames: readonly StandingFrame[];
  /** False: it had to be taken from frames that the kernel itself was not sure of. */
  readonly sure: boolean;
}

/** Below this share of sure frames the unwinder had nothing to go by, and everything it found is needed. */
const SURE_SHARE = 0.25;
const SURE_FRAMES = 3;
/** No kernel stack is deeper; a text that pretends to be one may be. */
const MAX_FRAMES = 200;

/**
 * The frames to match. Those marked `?` were lying on the stack and are mostly left-overs, so they are left out, unless the
 * kernel was built without an unwinder and marks nearly all of them.
 */
export function stackOf(trace: Trace, knowledge: HangKnowledge): Stack {
  const all = trace.frames.slice(0, MAX_FRAMES);
  const certain = all.filter(({ unsure }) => !unsure);
  const sure = certain.length === all.length || certain.length >= Math.max(SURE_FRAMES, all.length * SURE_SHARE);
  let depth = 0;
  const frames = (sure ? certain : all).map((frame) => {
    const role = roleOf(frame, knowledge);
    const standing = { function: frame.function, module: frame.module, role, depth };
    if (role !== 'sleep' && role !== 'interrupt') depth++;
    return standing;
  });
  return { frames, sure };
}

function roleOf(frame: StackFrame, { frames, families }: HangKnowledge): FrameRole {
  const known = frames.get(frame.function);
  return known?.role ?? families.find(({ prefix }) => frame.function.startsWith(prefix))?.role ?? 'work';
}

/** Who asked: the first frame from `start` outwards that neither sleeps nor locks; null when there is none. */
export function callerFrom(stack: Stack, start: number): StandingFrame | null {
  return stack.frames.slice(start).find(({ role }) => role === 'work') ?? null;
}

import type { Explanation, NextStep } from '../explanation.ts';
import { matchSignatures } from '../signatures/match.ts';
import { subsystemOfStack } from '../signatures/subsystem.ts';
import type { Trace } from '../trace.ts';
import { ageOf } from './kernel-age.ts';
import type { ExplainKnowledge } from './knowledge.ts';
import { putBack } from './put-back.ts';

/** What a stack means: every frame, how old its kernel is, which known hangs it fits, and where to look when it fits none. */
export function explainTrace(trace: Trace, knowledge: ExplainKnowledge): Explanation {
  const frames = putBack(trace, knowledge.waits);
  const matches = matchSignatures({ ...trace, frames }, knowledge);
  const subsystem = subsystemOfStack(frames, knowledge);
  return {
    trace,
    frames: frames.map((frame) => ({ frame, note: knowledge.frames.get(frame.function)?.note ?? null })),
    age: ageOf(frames, knowledge),
    matches,
    subsystem,
    ...(matches.length > 0 ? {} : { general: adviceFor(subsystem, knowledge) }),
  };
}

function adviceFor(subsystem: string | null, { advice }: ExplainKnowledge): NextStep[] {
  return advice
    .filter(({ subsystems }) => subsystems.includes('any') || (subsystem !== null && subsystems.includes(subsystem)))
    .flatMap(({ next }) => next);
}

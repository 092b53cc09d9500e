import { explainPanic } from '../../crash/analysis/panic.ts';
import type { Explanation, NextStep } from '../explanation.ts';
import { matchSignatures } from '../signatures/match.ts';
import { subsystemOfStack } from '../signatures/subsystem.ts';
import type { StackFrame, Trace } from '../trace.ts';
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
    frames: frames.map((frame) => ({ frame, note: noteOf(frame, knowledge) })),
    age: ageOf(frames, knowledge),
    matches,
    subsystem,
    ...panicOf(trace, knowledge),
    ...(matches.length > 0 ? {} : { general: adviceFor(subsystem, knowledge) }),
  };
}

const SYSTEM_CALL = /^__(?:x64|ia32|arm64|se|do)_(?:compat_)?sys_(\w+)$/;

/** What a function is for; of a system call, its name says it. */
function noteOf(frame: StackFrame, { frames }: ExplainKnowledge): string | null {
  const call = SYSTEM_CALL.exec(frame.function)?.[1];
  return frames.get(frame.function)?.note ?? (call === undefined ? null : `the system call ${call}`);
}

const PANIC = 'Kernel panic - not syncing: ';

/** A panic's words are known even where its stack is not. */
function panicOf({ headline }: Trace, { panics }: ExplainKnowledge): Pick<Explanation, 'panic'> {
  if (headline?.startsWith(PANIC) !== true) return {};
  const { meaning } = explainPanic(headline.slice(PANIC.length), panics);
  return meaning === null ? {} : { panic: meaning };
}

function adviceFor(subsystem: string | null, { advice }: ExplainKnowledge): NextStep[] {
  const steps = advice
    .filter(({ subsystems }) => subsystems.includes('any') || (subsystem !== null && subsystems.includes(subsystem)))
    .flatMap(({ next }) => next);
  return [...new Map(steps.map((step) => [step.run, step])).values()];
}

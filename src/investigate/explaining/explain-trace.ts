import type { Explanation } from '../explanation.ts';
import type { HangKnowledge } from '../signatures/knowledge.ts';
import { matchSignatures } from '../signatures/match.ts';
import type { Trace } from '../trace.ts';

export function explainTrace(trace: Trace, knowledge: HangKnowledge): Explanation {
  return {
    trace,
    frames: trace.frames.map((frame) => ({ frame, note: knowledge.frames.get(frame.function)?.note ?? null })),
    age: { from: null, before: null, because: [] },
    matches: matchSignatures(trace, knowledge),
    subsystem: null,
  };
}

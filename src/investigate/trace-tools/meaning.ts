import { explainTrace } from '../explaining/explain-trace.ts';
import type { ExplainKnowledge } from '../explaining/knowledge.ts';
import type { Explain } from '../flame/top.ts';
import type { WaitClassifier } from '../flame/wait-kinds.ts';
import type { Trace } from '../trace.ts';
import type { Wait } from '../wait.ts';
import type { StateLetter } from './request.ts';

/**
 * Says of a wait what the signatures of hangs say of its stack; where none fits, what its function is for.
 * @param states those that were asked for: of a single one it is known which one a wait was in
 */
export function explainWaits(
  knowledge: ExplainKnowledge,
  classifier: WaitClassifier,
  states: readonly StateLetter[] | null,
): Explain {
  const state = states?.length === 1 ? (states[0] ?? null) : null;
  return (wait) => {
    const { where } = classifier.classify(wait);
    const note = knowledge.frames.get(where)?.note ?? null;
    if (wait.stack.length === 0) return { signature: null, meaning: note };
    const { matches } = explainTrace(traceOf(wait, wait.pending ? 'D' : state), knowledge);
    const [best] = matches;
    return best === undefined ? { signature: null, meaning: note } : { signature: best.signature, meaning: best.title };
  };
}

function traceOf({ comm, pid, stack, us }: Wait, state: string | null): Trace {
  return {
    kind: 'bpf',
    task: { pid, comm },
    state,
    blockedSeconds: null,
    cpu: null,
    frames: stack.map((name) => ({ function: name, module: null, unsure: false, inferred: null })),
    headline: null,
    line: 0,
    weight: us,
  };
}

import type { Explanation } from '../explanation.ts';
import type { TraceGroup } from '../reading/fold-traces.ts';
import { explainTrace } from './explain-trace.ts';
import type { ExplainKnowledge } from './knowledge.ts';

/** Stacks that are alike, explained once. */
export interface ExplainedGroup extends TraceGroup {
  readonly explanation: Explanation;
}

/**
 * How a group ended: a known hang, one that nobody has written down, a wait that is known to be healthy, or one that is not known
 * and yet no hang, because a signal would end it.
 */
export type Verdict = 'known' | 'unknown' | 'not-a-hang' | 'asleep';

/** The category of signatures that say: this is how such a task waits when nothing is wrong. */
const HARMLESS = 'not-a-hang';

/** Interruptible, idle, and stopped: khungtaskd counts none of them. */
const ASLEEP = new Set(['S', 'I', 'T', 't']);

export function verdictOf({ matches, trace }: Explanation): Verdict {
  const [best] = matches;
  if (best === undefined) return ASLEEP.has(trace.state ?? '') ? 'asleep' : 'unknown';
  return best.category === HARMLESS ? 'not-a-hang' : 'known';
}

const ORDER: readonly Verdict[] = ['known', 'unknown', 'not-a-hang', 'asleep'];

/** Explains groups and puts them in the order in which a person wants to read them: what is certain first, what merely sleeps last. */
export function explainGroups(groups: readonly TraceGroup[], knowledge: ExplainKnowledge): ExplainedGroup[] {
  return groups
    .map((group) => ({ ...group, explanation: explainTrace(group.trace, knowledge) }))
    .sort(
      (one, other) =>
        rank(one) - rank(other) || confidence(other) - confidence(one) || one.trace.line - other.trace.line,
    );
}

function rank({ explanation }: ExplainedGroup): number {
  return ORDER.indexOf(verdictOf(explanation));
}

function confidence({ explanation }: ExplainedGroup): number {
  return explanation.matches[0]?.confidence ?? 0;
}

import { createHash } from 'node:crypto';

import type { Facts } from '../facts/facts.ts';
import type { Plan, Preconditions, Stage, Step } from './plan.ts';

/** A plan before it is sealed, and the facts that it was made from. */
export type Draft = Omit<Plan, 'format' | 'preconditions' | 'hash'> & { readonly facts: Facts };

/** Adds what must still hold when the plan runs, and the hash that names it. Equal changes on two guests hash alike. */
export function sealPlan({ facts, ...draft }: Draft): Plan {
  const steps = draft.stages.flatMap((stage) => stage.steps);
  const plan = { format: 1 as const, ...draft, preconditions: preconditionsOf(steps, facts) };
  const hash = hashOf(plan);
  return { ...plan, stages: withHash(draft.stages, hash), hash };
}

/** The hash that a plan with these changes has; a saved plan that was edited by hand has another than it says. */
export function hashOf(plan: Omit<Plan, 'hash'>): string {
  const { goal, profile, system, findings, stages, preconditions } = plan;
  const { kernel, files, sysctls } = preconditions;
  const parts = [goal, profile, system, findings, withHash(stages, ''), kernel, files, sysctls];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The record that a plan leaves names the plan. */
function withHash(stages: readonly Stage[], planHash: string): Stage[] {
  const named = (step: Step): Step => {
    if (step.kind !== 'state' || step.after === null) return step;
    const intent = step.intent === undefined ? {} : { intent: { ...step.intent, planHash } };
    return { ...step, after: { ...step.after, planHash }, ...intent };
  };
  return stages.map((stage) => ({ ...stage, steps: stage.steps.map(named) }));
}

/** Only what the steps rely on: a change elsewhere on the guest does not make the plan stale. */
function preconditionsOf(steps: readonly Step[], facts: Facts): Preconditions {
  const files: Record<string, string | null> = {};
  const sysctls: Record<string, string | null> = {};
  for (const step of steps) {
    if (step.kind === 'file') files[step.path] = step.before?.sha256 ?? null;
    if (step.kind === 'keys') files[step.path] = facts.files[step.path]?.sha256 ?? null;
    if (step.kind === 'sysctl') sysctls[step.key] = step.before;
  }
  return { machineId: facts.machineId, kernel: facts.kernel.release, files, sysctls };
}

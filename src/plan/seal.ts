import { createHash } from 'node:crypto';

import type { Facts } from '../facts/facts.ts';
import type { Finding, Goal, Plan, Preconditions, Stage, Step } from './plan.ts';

export interface Draft {
  readonly goal: Goal;
  readonly guest: string;
  readonly profile: string;
  readonly system: string;
  readonly findings: readonly Finding[];
  readonly stages: readonly Stage[];
  readonly facts: Facts;
}

/** Adds what must still hold when the plan runs, and the hash that names it. Equal changes on two guests hash alike. */
export function sealPlan({ facts, ...draft }: Draft): Plan {
  const steps = draft.stages.flatMap((stage) => stage.steps);
  const hash = createHash('sha256')
    .update(JSON.stringify({ ...draft, guest: '' }))
    .digest('hex');
  const stages = draft.stages.map((stage) => ({ ...stage, steps: stage.steps.map((step) => withHash(step, hash)) }));
  return { format: 1, ...draft, stages, preconditions: preconditionsOf(steps, facts), hash };
}

function withHash(step: Step, hash: string): Step {
  return step.kind === 'state' && step.after !== null ? { ...step, after: { ...step.after, planHash: hash } } : step;
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

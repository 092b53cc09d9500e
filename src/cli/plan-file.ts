import { renameSync, writeFileSync } from 'node:fs';

import * as z from 'zod';

import { ProvisionError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { hashOf } from '../plan/seal.ts';
import { userText } from '../shipped/files.ts';
import { fit } from '../yaml/check.ts';

/** Plans of one `provision plan --out`, and what they were made from. */
export interface PlanFile {
  readonly profile: string;
  readonly set: readonly string[];
  readonly skip: readonly string[];
  readonly plans: ReadonlyMap<string, Plan>;
}

const KINDS = ['file', 'keys', 'package', 'sysctl', 'armed', 'unit', 'cmdline', 'reboot', 'state'];

/** Enough of the shape that a file which is not a plan, or a newer one, is refused before a guest is touched. */
const planSchema = z.looseObject({
  format: z.literal(1),
  goal: z.literal('apply'),
  guest: z.string(),
  profile: z.string(),
  hash: z.string(),
  findings: z.array(z.looseObject({ level: z.string(), code: z.string(), subject: z.string(), text: z.string() })),
  stages: z.array(
    z.looseObject({
      title: z.string(),
      steps: z.array(z.looseObject({ id: z.string(), kind: z.enum(KINDS), risk: z.string() })),
    }),
  ),
  preconditions: z.looseObject({
    machineId: z.string(),
    kernel: z.string(),
    files: z.record(z.string(), z.string().nullable()),
    sysctls: z.record(z.string(), z.string().nullable()),
  }),
});
const fileSchema = z.object({
  format: z.literal(1),
  profile: z.string(),
  set: z.array(z.string()),
  skip: z.array(z.string()),
  plans: z.array(planSchema),
});

/** Whole or not at all: a plan that is half written must not be taken for one. */
export function writePlanFile(path: string, { plans, ...rest }: PlanFile): void {
  const text = JSON.stringify({ format: 1, ...rest, plans: [...plans.values()] }, null, 2) + '\n';
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    const hint = 'name a file in a folder that you can write';
    throw new ProvisionError('E_PLAN_FILE', `cannot write ${path}: ${(cause as Error).message}`, { hint, cause });
  }
}

/** @throws ProvisionError E_PLAN_FILE */
export function readPlanFile(path: string): PlanFile {
  const text = userText(path, 'plan', 'E_PLAN_FILE');
  const hint = 'write one with: provision plan PROFILE GUEST.. --out FILE';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProvisionError('E_PLAN_FILE', `${path} is not JSON: ${(cause as Error).message}`, {
      hint,
      where: { file: path },
      cause,
    });
  }
  const parsed = fit(fileSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join('.') ?? '';
    throw new ProvisionError('E_PLAN_FILE', `${path} is not a plan of this version: ${at}: ${issue?.message ?? ''}`, {
      hint,
      where: { file: path },
    });
  }
  const { profile, set, skip } = parsed.data;
  const plans = (value as { plans: Plan[] }).plans;
  const edited = plans.find((plan) => hashOf(plan) !== plan.hash);
  if (edited !== undefined) {
    throw new ProvisionError('E_PLAN_FILE', `${path}: the plan of ${edited.guest} was changed after it was made`, {
      hint: 'change the profile or --set, and make a new plan',
      where: { file: path },
    });
  }
  return { profile, set, skip, plans: new Map(plans.map((plan) => [plan.guest, plan])) };
}

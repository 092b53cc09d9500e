import { makeContext, type Context, type ContextInput, type Knowledge, type OwnFile } from './context.ts';
import type { FileStep, Plan, Stage, Step } from './plan.ts';
import { preflight } from './preflight.ts';
import { adoptedFiles } from './resources/adopt.ts';
import { planCaptureLog } from './resources/capture-log.ts';
import { planFile } from './resources/file.ts';
import { planFragments } from './resources/fragments.ts';
import { describe, planGate, planGateFiles } from './resources/gate.ts';
import { KDUMP_CONFIG, planKdump, planKdumpFiles } from './resources/kdump.ts';
import { planLeftovers } from './resources/leftover.ts';
import { planPackages } from './resources/package.ts';
import { planSysctls } from './resources/sysctl.ts';
import { planWatch, planWatchFiles } from './resources/watch.ts';
import { sealPlan } from './seal.ts';
import { stateAfter } from './state-after.ts';
import { systemLine } from './system-line.ts';

/** Resources that bring whole files of ours. A new kind is a file in resources/ and a line here. */
const FILE_RESOURCES = [planFragments, planGateFiles, planKdumpFiles, planCaptureLog, planWatchFiles] as const;

/** From what a guest is to what the profile wants it to be. Pure: the same input is the same plan, hash included. */
export function makePlan(input: ContextInput, knowledge: Knowledge): Plan {
  const { context, findings: skipped } = makeContext(input, knowledge);
  const own = FILE_RESOURCES.flatMap((resource) => resource(context).files ?? []);
  const packages = planPackages(context);
  const install = packages.steps?.find((step) => step.kind === 'package');
  const kdump = planKdump(context, new Set(install?.names));
  const files = own.flatMap((file) => planFile(file, context.facts, undoOf(file, context)) ?? []);
  const sysctls = planSysctls(context);
  const managed = new Set([...own.map(({ path }) => path), ...adoptedFiles(context)]);
  if (context.desired.kdump !== null) managed.add(KDUMP_CONFIG);
  for (const step of sysctls.steps ?? []) if (step.kind === 'file') managed.add(step.path);
  const leftovers = planLeftovers(context, managed);
  const steps: Step[] = [
    ...(packages.steps ?? []),
    ...files,
    ...(leftovers.steps ?? []),
    ...(sysctls.steps ?? []),
    ...(kdump.steps ?? []),
  ];
  const changed = new Set(steps.filter((step): step is FileStep => step.kind === 'file').map(({ path }) => path));
  const gate = planGate(context, changed);
  const watch = planWatch(context, changed);
  steps.push(...(gate.steps ?? []), ...(watch.steps ?? []));
  const state = stateAfter(context, own, managed, steps);
  if (state !== null) steps.push(state);
  const findings = [
    ...preflight(context, install),
    ...skipped,
    ...[packages, sysctls, kdump, gate, watch].flatMap((proposal) => proposal.findings ?? []),
  ];
  return sealPlan({
    goal: 'apply',
    guest: context.guest,
    profile: context.desired.profile,
    system: systemLine(context.facts),
    findings,
    stages: [...stage('install and configure', steps), ...stage(armedTitle(context), gate.armed ?? [])],
    facts: context.facts,
  });
}

function armedTitle({ desired }: Context): string {
  return `armed by the gate, ${describe(desired.arm.when, desired.arm.after)}`;
}

function undoOf(file: OwnFile, context: Context): string {
  return context.before.file(file.path) === 'absent' ? 'removed' : 'restored from its backup';
}

export function stage(title: string, steps: readonly Step[]): Stage[] {
  return steps.length === 0 ? [] : [{ title, steps }];
}

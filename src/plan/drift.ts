import type { Drift } from '../events.ts';
import type { Finding, Plan, Step, UnitStep } from './plan.ts';
import { KDUMP_UNIT, NOT_READY, READY } from './resources/kdump-service.ts';

/** Findings that mean the guest is not as desired although no step can mend it. */
const DRIFTING: ReadonlySet<string> = new Set(['conflict']);

/** What a guest lacks of the desired state: exactly the steps that an apply would take, and what it could not mend. */
export function driftOf(plan: Plan): Drift[] {
  const steps = plan.stages.flatMap(({ steps: all }) => all).flatMap(driftOfStep);
  return [...steps, ...plan.findings.filter(({ level }) => DRIFTING.has(level)).map(driftOfFinding)];
}

/** True when an apply would do nothing now; a pending reboot alone is not a change. */
export function isConverged(plan: Plan): boolean {
  return plan.stages.every(({ steps }) => steps.every(({ kind }) => kind === 'reboot'));
}

/** Changes as people count them: the record that we keep is not one, nor is a reboot that is still to come. */
export function countChanges(plan: Plan): number {
  const steps = plan.stages.flatMap(({ steps: all }) => all);
  return steps.filter(({ kind }) => kind !== 'state' && kind !== 'reboot').length;
}

export function refusalsOf(plan: Plan): Finding[] {
  return plan.findings.filter(({ level }) => level === 'refusal');
}

function driftOfFinding({ code, subject, text }: Finding): Drift {
  if (code.startsWith(NOT_READY)) return { kind: 'kdump', subject, desired: 'ready', actual: text };
  return { kind: 'boot-conflict', subject, desired: 'as the profile says', actual: text };
}

function driftOfStep(step: Step): Drift[] {
  switch (step.kind) {
    case 'file':
      return [
        {
          kind: 'file',
          subject: step.path,
          desired: step.after === null ? 'absent' : 'as planned',
          actual: step.before === null ? 'absent' : 'differs',
        },
      ];
    case 'keys':
      return [
        {
          kind: 'keys',
          subject: step.path,
          desired: step.keys.map(({ key, value }) => `${key}=${value}`).join(' '),
          actual: 'not set',
        },
      ];
    case 'package':
      return [
        {
          kind: 'package',
          subject: step.names.join(' '),
          desired: 'installed',
          actual: step.repair ? 'cut off half way' : 'missing',
        },
      ];
    case 'sysctl':
    case 'armed':
      return [{ kind: step.kind, subject: step.key, desired: step.after, actual: step.before ?? 'absent' }];
    case 'unit':
      return [driftOfUnit(step)];
    case 'cmdline':
      return [
        { kind: 'cmdline', subject: 'next boot', desired: step.after ?? '', actual: step.generated ?? step.before },
      ];
    case 'reboot':
      return [{ kind: 'reboot', subject: 'reboot', desired: step.reason, actual: 'not rebooted yet' }];
    case 'state':
      return step.note === undefined
        ? []
        : [{ kind: 'state', subject: 'state.json', desired: 'complete', actual: 'an apply was cut off' }];
  }
}

function driftOfUnit({ unit, before, after, note }: UnitStep): Drift {
  if (unit !== KDUMP_UNIT) return { kind: 'unit', subject: unit, desired: after, actual: before };
  const why = after === READY && note !== undefined ? `: ${note}` : '';
  return { kind: 'kdump', subject: unit, desired: after, actual: `${before}${why}` };
}

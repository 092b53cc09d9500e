import { bootWinner, sameValue, type Assignment } from '../../facts/sysctl-order.ts';
import type { DesiredSysctl } from '../../profile/desired.ts';
import type { Context, Proposal } from '../context.ts';
import type { FileStep, Finding, SysctlStep } from '../plan.ts';
import { isLinkToSysctlConf, planAdoption } from './adopt.ts';
import { bootFragment, isBootFragment } from './fragments.ts';

/**
 * Live settings that are safe at boot, and the ones that panic where no gate can hold them (no systemd, `arm.when: always`).
 * Files of others that would beat ours at the next boot are conflicts; with adopt they are commented out.
 */
export function planSysctls(context: Context): Proposal {
  const { facts, desired } = context;
  const ungated = facts.init !== 'systemd' && desired.arm.when === 'always';
  const steps: (SysctlStep | FileStep)[] = [];
  const findings: Finding[] = [];
  const beating: Assignment[] = [];
  for (const setting of context.settings) {
    if (setting.armed && !ungated) continue;
    if (!setting.armed) beating.push(...winnersOver(setting, context));
    const live = facts.sysctls[setting.key] ?? null;
    if (sameValue(live, setting.value)) continue;
    steps.push(liveStep(setting, live, context));
  }
  const adopted = planAdoption(context, context.adopt ? beating : []);
  steps.push(...adopted.steps);
  const beaten = beating.filter((assignment) => !adopted.taken.has(assignment));
  findings.push(...beaten.map((assignment) => conflict(assignment, context)));
  return { steps, findings };
}

function liveStep(setting: DesiredSysctl, live: string | null, context: Context): SysctlStep {
  const winner = bootWinner(context.assignments, setting.key);
  const entry = context.sysctls.get(setting.key);
  return {
    id: `sysctl:${setting.key}`,
    kind: 'sysctl',
    risk: setting.armed ? 'panic' : 'none',
    undo: `set back to ${context.before.sysctl(setting.key) ?? 'what it was'}`,
    ...(setting.armed && entry?.danger !== undefined ? { note: entry.danger } : {}),
    key: setting.key,
    before: live,
    after: setting.value,
    boot: winner ? { file: winner.file, line: winner.line, value: winner.value } : null,
  };
}

/** Assignments in files that sort after ours and say something else. */
function winnersOver(setting: DesiredSysctl, context: Context): Assignment[] {
  const ours = basename(bootFragment(context.desired.profile));
  return context.assignments.filter(
    (assignment) =>
      assignment.key === setting.key &&
      !isBootFragment(assignment.file) &&
      basename(assignment.file) > ours &&
      !sameValue(assignment.value, setting.value),
  );
}

function conflict(assignment: Assignment, context: Context): Finding {
  const source = isLinkToSysctlConf(assignment.file, context) ? ' (a link to /etc/sysctl.conf)' : '';
  return {
    level: 'conflict',
    code: 'boot-conflict',
    subject: assignment.key,
    text: `${assignment.file}:${assignment.line}${source} sets ${assignment.value} and wins at the next boot`,
    hint: assignment.file.startsWith('/etc/')
      ? '--adopt comments it out and keeps a backup'
      : `it belongs to a package: override it with a file of the same name in /etc/sysctl.d`,
  };
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

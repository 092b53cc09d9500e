import { bootWinner, parseSysctlFile, sameValue, type Assignment } from '../../facts/sysctl-order.ts';
import type { DesiredSysctl } from '../../profile/desired.ts';
import type { Context, Proposal } from '../context.ts';
import type { FileStep, Finding, SysctlStep } from '../plan.ts';
import { planChange } from './file.ts';
import { bootFragment, isBootFragment } from './fragments.ts';

const ADOPTED = '# commented out by provision: ';

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
  if (context.adopt) steps.push(...adopt(beating, context));
  else findings.push(...beating.map((assignment) => conflict(assignment, context)));
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

/** The same files without the lines that beat ours. */
function adopt(beating: readonly Assignment[], context: Context): FileStep[] {
  const byFile = new Map<string, Assignment[]>();
  for (const assignment of beating) {
    if (!assignment.file.startsWith('/etc/')) continue;
    const path = realPath(assignment.file, context);
    byFile.set(path, [...(byFile.get(path) ?? []), assignment]);
  }
  return [...byFile].flatMap(([path, assignments]) => {
    const text = context.facts.files[path]?.text;
    if (text === null || text === undefined) return [];
    const lines = text.split('\n');
    for (const { line } of assignments) lines[line - 1] = ADOPTED + (lines[line - 1] ?? '');
    const step = planChange(path, lines.join('\n'), context.facts, 'beats our fragment at boot');
    return step ? [step] : [];
  });
}

/** Files that an earlier `--adopt` changed and that hold back a key the profile still sets: they stay as they are. */
export function adoptedFiles(context: Context): string[] {
  const keys = new Set(context.settings.map(({ key }) => key));
  return Object.keys(context.before.base?.before.files ?? {}).filter((path) => {
    const text = context.facts.files[path]?.text ?? '';
    if (!text.includes(ADOPTED)) return false;
    return parseSysctlFile(text.replaceAll(ADOPTED, ''), path).some(({ key }) => keys.has(key));
  });
}

function realPath(path: string, context: Context): string {
  return isLinkToSysctlConf(path, context) ? '/etc/sysctl.conf' : path;
}

/** The probe follows links: a link whose bytes are those of /etc/sysctl.conf is Debian 12's 99-sysctl.conf. */
function isLinkToSysctlConf(path: string, context: Context): boolean {
  const file = context.facts.files[path];
  const target = context.facts.files['/etc/sysctl.conf'];
  return file !== undefined && file.link && target !== undefined && target.sha256 === file.sha256;
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

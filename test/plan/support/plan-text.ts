import { createTwoFilesPatch } from 'diff';

import type { FileStep, Plan, Step } from '../../../src/plan/plan.ts';
import { shipped } from './planning.ts';

/** A plan as text that a person can check line by line; only hashes are left out. */
export function planText(plan: Plan): string {
  const findings = plan.findings.map(
    ({ level, code, subject, text, hint }) =>
      `  ${level} ${code} [${subject}]\n    ${text}\n${hint === undefined ? '' : `    -> ${hint}\n`}`,
  );
  const stages = plan.stages.map(({ title, steps }) => `stage: ${title}\n${steps.map(stepText).join('')}`);
  const { kernel, files, sysctls } = plan.preconditions;
  const held = [
    `  kernel ${kernel}`,
    ...Object.entries(files).map(([path, sha256]) => `  ${path} ${sha256 === null ? 'absent' : 'unchanged'}`),
    ...Object.entries(sysctls).map(([key, value]) => `  ${key} = ${value ?? 'absent'}`),
  ];
  return [
    `${plan.goal} ${plan.profile}: ${plan.system}\n`,
    `findings:${findings.length === 0 ? ' none' : ''}\n${findings.join('')}`,
    stages.length === 0 ? 'no steps\n' : stages.join(''),
    `holds only while:\n${held.join('\n')}\n`,
  ].join('\n');
}

function stepText(step: Step): string {
  const note = step.note === undefined ? '' : `      note: ${step.note}\n`;
  const body = bodyOf(step)
    .split('\n')
    .map((line) => (line === '' ? '' : `      ${line}\n`))
    .join('');
  return `  ${step.id}  risk: ${step.risk}  undo: ${step.undo}\n${note}${body}`;
}

function bodyOf(step: Step): string {
  switch (step.kind) {
    case 'file':
      return fileText(step);
    case 'keys':
      return step.keys.map(({ key, value }) => `${key}=${value}`).join('\n');
    case 'package': {
      const actions = step.actions.map(({ action, name, version }) => `${action} ${name} ${version}`);
      const sizes = `fetch ${step.fetchBytes ?? '?'} disk ${step.diskBytes ?? '?'}`;
      const repair = step.repair ? ['repair first'] : [];
      return [...repair, `${step.action}: ${step.names.join(' ')}`, ...actions, sizes, ...step.preseed].join('\n');
    }
    case 'sysctl': {
      const boot = step.boot === null ? '' : `  (boot: ${step.boot.file}:${step.boot.line} ${step.boot.value})`;
      return `${step.before ?? 'absent'} -> ${step.after}${boot}`;
    }
    case 'armed':
      return `${step.before ?? 'absent'} -> ${step.after}`;
    case 'unit':
      return `${step.actions.join(', ')}: ${step.before} -> ${step.after}`;
    case 'cmdline':
      return `- ${step.before}\n${step.after === null ? '' : `+ ${step.after}\n`}${step.sum ?? ''}`;
    case 'reboot':
      return step.reason;
    case 'state':
      return stateText(step);
  }
}

function stateText({ after, removeDirectories }: Extract<Step, { kind: 'state' }>): string {
  const remove = (removeDirectories ?? []).map((path) => `remove ${path} when empty`);
  if (after === null) return ['nothing of ours is left', ...remove].join('\n');
  const { before } = after;
  return [
    `profile ${after.profile || '-'}${after.disarmed ? ', disarmed' : ''}`,
    `packages: ${after.packages.join(' ') || '-'}`,
    ...Object.entries(before.files).map(([path, was]) => `was ${was}: ${path}`),
    ...before.directories.map((path) => `was absent: ${path}/`),
    ...Object.entries(before.sysctls).map(([key, was]) => `was ${was}: ${key} (now ${after.sysctls[key] ?? '-'})`),
    ...remove,
  ].join('\n');
}

function fileText({ path, before, after }: FileStep): string {
  if (after === null) return 'removed';
  const owner = `mode ${after.mode} owner ${after.uid}:${after.gid}`;
  if (after.from !== undefined) return `${owner}, copied from ${after.from}`;
  const template = Object.entries(shipped.templates).find(([, text]) => text === after.text);
  if (template) return `${owner}, templates/guest/${template[0]} as it is`;
  const patch = createTwoFilesPatch(path, path, before?.text ?? '', after.text ?? '', '', '', { context: 1 });
  return [owner, ...patch.split('\n').slice(4)].join('\n').replaceAll('\r', '\\r');
}

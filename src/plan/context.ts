import type { Distribution } from '../facts/distribution.ts';
import type { Facts } from '../facts/facts.ts';
import { bootAssignments, type Assignment } from '../facts/sysctl-order.ts';
import type { DesiredState, DesiredSysctl } from '../profile/desired.ts';
import { checkSysctl, type SysctlCatalogue } from '../profile/sysctl-catalogue.ts';
import { Before } from './before.ts';
import type { GuestTemplates } from './guest-template.ts';
import type { ArmedStep, Finding, Step } from './plan.ts';

/** What does not change from guest to guest. */
export interface Knowledge {
  readonly sysctls: SysctlCatalogue;
  readonly templates: GuestTemplates;
  /** Comment out settings of other files that beat ours. */
  readonly adopt: boolean;
}

/** Everything a resource plans from. */
export interface Context extends Knowledge {
  readonly guest: string;
  readonly desired: DesiredState;
  readonly facts: Facts;
  readonly distribution: Distribution | null;
  readonly before: Before;
  /** Desired settings that this kernel has and can take. */
  readonly settings: readonly DesiredSysctl[];
  readonly assignments: readonly Assignment[];
}

/** A file that is wholly ours. */
export interface OwnFile {
  readonly path: string;
  readonly text: string;
  readonly mode: string;
  readonly note?: string;
}

/** What one resource wants done. */
export interface Proposal {
  readonly files?: readonly OwnFile[];
  readonly steps?: readonly Step[];
  readonly armed?: readonly ArmedStep[];
  readonly findings?: readonly Finding[];
}

export interface ContextInput {
  readonly guest: string;
  readonly desired: DesiredState;
  readonly facts: Facts;
  readonly distribution: Distribution | null;
}

/** Sorts out once which settings this guest can take; the rest are findings, never silence. */
export function makeContext(input: ContextInput, knowledge: Knowledge): { context: Context; findings: Finding[] } {
  const findings: Finding[] = [];
  const settings: DesiredSysctl[] = [];
  for (const setting of input.desired.sysctls) {
    if (input.facts.sysctls[setting.key] === null) {
      findings.push(absent(setting, input.facts, knowledge.sysctls));
      continue;
    }
    const entry = knowledge.sysctls.get(setting.key);
    const problem = entry ? checkSysctl(entry, setting.value, input.facts.kernel.release) : null;
    if (problem !== null) {
      const text = `${setting.key} = ${setting.value}: ${problem}`;
      findings.push({ level: 'skipped', code: 'sysctl-range', subject: setting.key, text });
      continue;
    }
    settings.push(setting);
  }
  const context: Context = {
    ...knowledge,
    ...input,
    before: new Before(input.facts),
    settings,
    assignments: bootAssignments(input.facts.files),
  };
  return { context, findings };
}

function absent(setting: DesiredSysctl, facts: Facts, catalogue: SysctlCatalogue): Finding {
  const why = catalogue.get(setting.key)?.absent;
  return {
    level: 'skipped',
    code: 'sysctl-absent',
    subject: setting.key,
    text: why ?? `kernel ${facts.kernel.release} has no such key`,
    hint: `drop ${setting.path} from the profile for this guest, or use a kernel that has it`,
  };
}

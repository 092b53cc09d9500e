import { parseSysctlFile } from '../facts/sysctl-order.ts';
import { crashkernelFor, COMPUTED, GRUB_DROP_IN } from '../plan/crashkernel.ts';
import { sizingFor, type Sizing } from '../plan/crashkernel-sum.ts';
import type { Knowledge } from '../plan/context.ts';
import { makePlan } from '../plan/make-plan.ts';
import { render } from '../plan/render.ts';
import { guestTemplate } from '../plan/guest-template.ts';
import type { FileStep, Finding, KeysStep, Step, StepKind, SysctlStep } from '../plan/plan.ts';
import { ARMED_DIRECTORY, isBootFragment } from '../plan/resources/fragments.ts';
import type { DesiredState } from '../profile/desired.ts';
import { freshGuest } from './fresh-guest.ts';
import type { Target } from './target.ts';

/** Stands for the reservation in a text that the guest completes. */
export const RESERVATION = '{crashkernel}';

export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** A file of ours, with what is left to the guest. */
export interface ExportedFile {
  readonly path: string;
  readonly mode: string;
  /** With RESERVATION in it where the guest computes that. */
  readonly text: string;
  /** One `key = value` line each follows the text, for the keys that the guest's kernel has; null: the text is all. */
  readonly settings: readonly Setting[] | null;
}

/** What a profile makes of a guest that nobody has looked at yet: what every export says in its own words. */
export interface EndState extends Target {
  readonly profile: string;
  readonly description: string;
  readonly drivers: readonly string[];
  /** Real names; `{kernel}` stands for `uname -r`. */
  readonly packages: readonly string[];
  /** Answers for debconf: package, question, type, value. */
  readonly answers: readonly string[];
  readonly files: readonly ExportedFile[];
  readonly keys: { readonly path: string; readonly keys: KeysStep['keys'] } | null;
  /** Set live at once: nothing in here panics. */
  readonly settings: readonly Setting[];
  /** The reservation: as the profile has it, or the numbers that the guest computes it from. null: no kdump. */
  readonly crashkernel: { readonly value: string } | { readonly sizing: Sizing } | null;
  readonly gate: boolean;
  /** What the profile asks for and this export leaves out. */
  readonly leftOut: readonly Finding[];
}

/**
 * The end state of a profile on a kind of guest: the planner's own steps for a guest on which nothing is as wanted, so
 * that an export and an apply cannot come to differ.
 */
export function endState(desired: DesiredState, target: Target, knowledge: Omit<Knowledge, 'adopt'>): EndState {
  const facts = freshGuest(desired, target);
  const { distribution } = target;
  const plan = makePlan({ guest: '', desired, facts, distribution }, { ...knowledge, adopt: false });
  const steps = plan.stages.flatMap((stage) => stage.steps);
  const [packages] = ofKind(steps, 'package');
  const [keys] = ofKind(steps, 'keys');
  const computed = desired.kdump?.crashkernel === 'auto';
  return {
    ...target,
    profile: desired.profile,
    description: desired.description,
    drivers: desired.match.drivers,
    packages: packages?.names ?? [],
    answers: packages?.preseed ?? [],
    files: ofKind(steps, 'file').map((step) => exported(step, computed, knowledge)),
    keys: keys === undefined ? null : { path: keys.path, keys: keys.keys },
    settings: ofKind(steps, 'sysctl').map(settingOf),
    crashkernel:
      desired.kdump === null
        ? null
        : computed
          ? { sizing: sizingFor(distribution, target.arch) }
          : { value: crashkernelFor(desired.kdump.crashkernel, { facts, distribution }).value },
    gate: ofKind(steps, 'unit').length > 0,
    leftOut: plan.findings.filter(({ level }) => level === 'skipped'),
  };
}

function ofKind<K extends StepKind>(steps: readonly Step[], kind: K): Extract<Step, { kind: K }>[] {
  return steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
}

function settingOf({ key, after }: SysctlStep): Setting {
  return { key, value: after };
}

function exported(
  { path, after }: FileStep,
  computed: boolean,
  { templates }: Pick<Knowledge, 'templates'>,
): ExportedFile {
  const text = after?.text;
  if (after === null || text == null) throw new Error(`${path} has no text to export`);
  const file = { path, mode: after.mode };
  if (isBootFragment(path) || path.startsWith(`${ARMED_DIRECTORY}/`)) {
    const settings = parseSysctlFile(text, path);
    const head = text.split('\n').slice(0, (settings[0]?.line ?? 1) - 1);
    return {
      ...file,
      text: head.map((line) => `${line}\n`).join(''),
      settings: settings.map(({ key, value }) => ({ key, value })),
    };
  }
  if (path === GRUB_DROP_IN && computed) {
    const values = { crashkernel: RESERVATION, origin: COMPUTED };
    return { ...file, text: render(guestTemplate(templates, 'zz-provision.cfg'), values), settings: null };
  }
  return { ...file, text, settings: null };
}

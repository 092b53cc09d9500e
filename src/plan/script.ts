import { formatState } from '../facts/state.ts';
import { fenceCall, type Fence } from './fence.ts';
import { guestTemplate, type GuestTemplates } from './guest-template.ts';
import type { FileStep, Plan, Step, StepKind } from './plan.ts';
import { command } from '../shell.ts';

export interface JobIdentity {
  /** Names the job on the guest; letters, digits and dashes. */
  readonly id: string;
  /** The process that runs it, one word (src/journal/process.ts). */
  readonly client: string;
  /** Who runs it, for the person who finds the lock held. */
  readonly owner: string;
  /** Seconds to wait for another converge that holds our lock. */
  readonly waitSeconds: number;
  /** Seconds to wait for dpkg's lock. */
  readonly lockSeconds: number;
  /** Of an attempt that another one may overtake, with the boot that it looked at. */
  readonly fence?: Fence & { readonly bootId: string };
}

type Phase = StepKind | 'stop';
type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

/** How each kind of step is said in the words of templates/guest/converge*.sh. */
const LINES: { readonly [K in StepKind]: (step: StepOf<K>, plan: Plan) => string[] } = {
  package: (step) => [
    ...(step.repair ? ['repair_packages'] : []),
    ...(step.preseed.length > 0 ? [command(['preseed', ...step.preseed])] : []),
    ...(step.names.length > 0
      ? [command([step.action === 'purge' ? 'purge_packages' : 'install_packages', ...step.names])]
      : []),
  ],
  keys: (step) => [command(['edit_keys', step.path, ...step.keys.flatMap(({ key, value }) => [key, value])])],
  file: (step) => [command([step.after === null ? 'remove' : 'swap', step.path])],
  sysctl: (step) => [command(['set_sysctl', procPath(step.key), step.after])],
  cmdline: () => ['update_bootloader'],
  unit: (step) => [
    ...(step.initrdFor === undefined ? [] : [command(['build_capture_initrd', step.initrdFor])]),
    ...step.actions.map((action) => command(['unit', action, step.unit])),
  ],
  state: (step, plan) => stateLines(step, plan),
  // Carried out by the gate, and by a reboot.
  armed: () => [],
  reboot: () => [],
};

/** Kinds in the order a guest has to see them: packages bring the files that keys are changed in, units read the files. */
const ORDER: readonly Phase[] = ['stop', 'package', 'keys', 'file', 'sysctl', 'cmdline', 'unit', 'state'];
/** Going back, the gate stops first; packages go when nothing of ours refers to them, and take their part of grub.cfg along. */
const ROLLBACK_ORDER: readonly Phase[] = ['stop', 'sysctl', 'file', 'package', 'cmdline', 'unit', 'state'];

/** The functions that a converge is written in. */
export function convergeLibrary(templates: GuestTemplates): string {
  return ['converge.sh', 'converge-fence.sh', 'converge-packages.sh', 'converge-system.sh']
    .map((name) => guestTemplate(templates, name))
    .join('\n');
}

/**
 * The whole converge as one POSIX script: the library text, then one line for every step. The steps are the plan's own,
 * in its own words; nothing is decided here.
 */
export function renderScript(plan: Plan, library: string, job: JobIdentity): string {
  const steps = executed(plan);
  const order = plan.goal === 'apply' || plan.goal === 'arm' ? ORDER : ROLLBACK_ORDER;
  const files = steps.filter((step): step is FileStep => step.kind === 'file');
  const body = order.flatMap((phase) => {
    const lines = steps
      .filter((step) => phaseOf(step) === phase)
      .flatMap((step) => [command(['step', step.id]), ...linesOf(step, plan), 'ended']);
    return phase === 'file' && files.length > 0 ? [...lines, 'sync_directories', ...reload(files)] : lines;
  });
  return [
    library,
    `LOCK_SECONDS=${job.lockSeconds}`,
    `WAIT_SECONDS=${job.waitSeconds}`,
    command(['begin', job.id, job.client, job.owner]),
    ...(job.fence === undefined ? [] : [fenceCall(job.fence, job.fence.bootId)]),
    ...expectations(plan, steps),
    'say checked',
    ...intentions(plan, steps),
    ...files.flatMap(stageLines),
    ...(files.length > 0 ? ['check_staged'] : []),
    ...body,
    'finish',
    '',
  ].join('\n');
}

/** What runs on the guest stops before anything under it changes. */
function phaseOf(step: Step): Phase {
  return step.kind === 'unit' && step.actions.includes('stop') ? 'stop' : step.kind;
}

/** The steps that a script carries out; the rest are somebody else's: the gate's, a reboot's. */
export function executed(plan: Plan): Step[] {
  return plan.stages.flatMap(({ steps }) => steps).filter(({ kind }) => kind !== 'armed' && kind !== 'reboot');
}

function linesOf(step: Step, plan: Plan): string[] {
  return (LINES[step.kind] as (step: Step, plan: Plan) => string[])(step, plan);
}

function expectations({ preconditions }: Plan, steps: readonly Step[]): string[] {
  const present: string[] = [];
  const lines = [
    command(['expect_machine', preconditions.machineId]),
    command(['expect_kernel', preconditions.kernel]),
  ];
  for (const [path, sha256] of Object.entries(preconditions.files)) {
    if (sha256 === null) lines.push(command(['expect_absent', path]));
    else present.push(`${sha256}  ${path}`);
  }
  if (present.length > 0) lines.push(command(['expect_files', present.join('\n')]));
  for (const [key, value] of Object.entries(preconditions.sysctls)) {
    lines.push(command(['expect_sysctl', procPath(key), ...(value === null ? [] : [value])]));
  }
  for (const step of steps) {
    if (step.kind === 'package' && step.refresh) lines.push('refresh_lists');
    // What could not be foreseen cannot be held to: the plan said so.
    if (step.kind !== 'package' || step.action !== 'install' || step.repair || step.actions.length === 0) continue;
    const expected = step.actions.map(({ action, name, version }) =>
      action === 'remove' ? `-${name}` : `${name}=${version}`,
    );
    lines.push(command(['expect_packages', expected.sort(bytewise).join('\n'), ...step.names]));
  }
  return lines;
}

/** The intent, with every before-value, is on disk before the first change. A rollback has its record already. */
function intentions(plan: Plan, steps: readonly Step[]): string[] {
  if (plan.goal !== 'apply') return [];
  const state = steps.find((step) => step.kind === 'state');
  if (state?.intent === undefined) return [];
  const { before } = state.intent;
  const kept = Object.entries(before.files).flatMap(([path, before]) => (before === 'backup' ? [path] : []));
  return [
    command(['intend', formatState(state.intent)]),
    ...kept.map((path) => command(['keep', path])),
    ...before.directories.filter(isOurs).map((path) => command(['make_directory', path])),
  ];
}

/** The wants directory is systemctl's to make. */
function isOurs(directory: string): boolean {
  return !directory.endsWith('.wants');
}

function stageLines({ path, after }: FileStep): string[] {
  if (after === null) return [];
  if (after.from !== undefined) return [command(['stage_copy', path, after.sha256, after.from])];
  return [command(['stage', path, after.mode, `${after.uid}:${after.gid}`, after.sha256, after.text ?? ''])];
}

/** Unit files and drop-ins count only after systemd has read them again. */
function reload(files: readonly FileStep[]): string[] {
  const units = files.some(({ path }) => path.startsWith('/etc/systemd/system/'));
  return units ? ['[ ! -d /run/systemd/system ] || unit reload systemd'] : [];
}

function stateLines(step: StepOf<'state'>, plan: Plan): string[] {
  const deepestFirst = [...(step.removeDirectories ?? [])].sort().reverse();
  return [
    ...deepestFirst.map((directory) => command(['remove_directory', directory])),
    ...(step.after === null
      ? [step.everything === true ? 'forget everything' : 'forget']
      : [command(['record', formatState(step.after)])]),
    ...(plan.goal === 'rollback' && step.after !== null ? ['drop_backups'] : []),
  ];
}

/** Where a key is under /proc/sys. */
export function procPath(key: string): string {
  return key.replaceAll(/[./]/g, (character) => (character === '.' ? '/' : '.'));
}

function bytewise(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

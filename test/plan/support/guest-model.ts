import type { FileFact, Facts } from '../../../src/facts/facts.ts';
import { sha256 } from '../../../src/facts/files.ts';
import { PENDING_FILE, STATE_FILE } from '../../../src/facts/parse.ts';
import { formatState, type GuestState } from '../../../src/facts/state.ts';
import { bootAssignments, bootWinner, parseSysctlFile } from '../../../src/facts/sysctl-order.ts';
import { backupOf } from '../../../src/plan/before.ts';
import { crashkernelsOf, withCrashkernel } from '../../../src/plan/crashkernel-syntax.ts';
import type { Plan, Step } from '../../../src/plan/plan.ts';
import { executed, renderScript } from '../../../src/plan/script.ts';
import { editKeys } from '../../../src/plan/shell-keys.ts';

export const KDUMP_CONFIG = '/etc/default/kdump-tools';
export const KDUMP_DEFAULT =
  '# kdump-tools configuration\nUSE_KDUMP=1\n#KDUMP_NUM_DUMPS=\n#KDUMP_CMDLINE_APPEND="irqpoll"\n';
const GRUB_OF_PACKAGE = '/etc/default/grub.d/kdump-tools.cfg';
const GRUB_OF_OURS = '/etc/default/grub.d/zz-provision.cfg';
const ARM_UNIT = 'provision-arm.service';
const OUR_UNITS = [ARM_UNIT, 'provision-watch.service'];
const UNIT_FILES = '/etc/systemd/system/';
/** Links whose target the model knows. */
const LINKS: Readonly<Record<string, string>> = { '/etc/sysctl.d/99-sysctl.conf': '/etc/sysctl.conf' };

export function file(path: string, text: string, mode = '0644'): FileFact {
  return { path, text, sha256: sha256(text), mode, uid: 0, gid: 0, link: false };
}

export function filesOf(...files: readonly FileFact[]): Record<string, FileFact> {
  return Object.fromEntries(files.map((each) => [each.path, each]));
}

/** What the guest's own script does, on facts: its steps in the script's own order. `steps`: it is killed after so many. */
export function carryOut(facts: Facts, plan: Plan, steps = Infinity): Facts {
  const byId = new Map(executed(plan).map((step) => [step.id, step]));
  const script = renderScript(plan, '', { id: 'job', client: '-', owner: 'test', waitSeconds: 0, lockSeconds: 0 });
  const order = [...script.matchAll(/^step (\S+)$/gm)].map(([, id = '']) => byId.get(id)!);
  return order.slice(0, steps).reduce((now, step) => carryOutStep(now, step, plan), intend(facts, plan));
}

/** How many steps a script has. */
export function stepCount(plan: Plan): number {
  return executed(plan).length;
}

/** The record of what is about to be done, the originals, and the directories: all before the first change. */
function intend(facts: Facts, plan: Plan): Facts {
  const state = executed(plan).find((step) => step.kind === 'state');
  if (plan.goal !== 'apply' || state?.intent === undefined) return facts;
  const { intent } = state;
  const pending = file(PENDING_FILE, formatState(intent), '0600');
  let files: Record<string, FileFact> = { ...facts.files, [PENDING_FILE]: pending };
  for (const [path, before] of Object.entries(intent.before.files)) {
    if (before === 'backup') files = keep(files, path);
  }
  const directories = { ...facts.directories };
  for (const path of intent.before.directories) if (!path.endsWith('.wants')) directories[path] = true;
  return { ...facts, files, directories, pending: intent };
}

function keep(files: Record<string, FileFact>, path: string): typeof files {
  const copy = backupOf(path);
  const found = files[path];
  return found && !files[copy] ? { ...files, [copy]: { ...found, path: copy, link: false } } : files;
}

function carryOutStep(facts: Facts, step: Step, plan: Plan): Facts {
  switch (step.kind) {
    case 'file': {
      if (step.after === null) return reload(withFiles(facts, without(facts.files, step.path)));
      const { from, ...after } = step.after;
      const copied = from === undefined ? {} : { ...facts.files[from] };
      return reload(write(facts, { ...file(step.path, ''), ...copied, ...after, path: step.path }));
    }
    case 'keys': {
      const found = facts.files[step.path] ?? file(step.path, '');
      const text = editKeys(found.text ?? '', step.keys);
      const kept = withFiles(facts, keep({ ...facts.files }, step.path));
      return write(kept, { ...found, text, sha256: sha256(text) });
    }
    case 'package':
      return step.action === 'install' ? installed(facts, step.names) : purged(facts, step.names);
    case 'sysctl':
      return { ...facts, sysctls: { ...facts.sysctls, [step.key]: step.after } };
    case 'cmdline':
      return updateGrub(facts);
    case 'unit':
      return OUR_UNITS.includes(step.unit) ? switchUnit(facts, step.unit, step.actions) : loadCrashKernel(facts, step);
    case 'state':
      return record(facts, step.after, step.removeDirectories ?? [], plan.goal === 'rollback');
    case 'armed':
    case 'reboot':
      throw new Error(`${step.kind} is not the script's to do`);
  }
}

function withFiles(facts: Facts, files: Facts['files']): Facts {
  return { ...facts, files };
}

function without(files: Facts['files'], ...paths: readonly string[]): Record<string, FileFact> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

/** A write goes through a link to its target, and shows through every link to it. */
function write(facts: Facts, written: FileFact): Facts {
  const through = facts.files[written.path]?.link === true ? LINKS[written.path] : undefined;
  const path = through ?? written.path;
  const files = { ...facts.files, [path]: { ...written, path, link: false } };
  for (const [link, target] of Object.entries(LINKS)) {
    if (target === path && files[link]?.link === true) files[link] = { ...written, path: link, link: true };
  }
  return withFiles(facts, files);
}

/** systemd has read its unit files again. */
function reload(facts: Facts): Facts {
  const units = { ...facts.units };
  for (const name of OUR_UNITS) {
    const unit = units[name];
    if (!unit || unit.load === 'masked') continue;
    units[name] = { ...unit, load: facts.files[UNIT_FILES + name] ? 'loaded' : 'not-found' };
  }
  return { ...facts, units };
}

function installed(facts: Facts, names: readonly string[]): Facts {
  const packages = { ...facts.packages };
  let { capture } = facts;
  for (const name of names) packages[name] = { status: 'install ok installed', version: '1' };
  let files = { ...facts.files };
  if (names.includes('kdump-tools')) {
    files[KDUMP_CONFIG] ??= file(KDUMP_CONFIG, KDUMP_DEFAULT);
    files[GRUB_OF_PACKAGE] ??= file(GRUB_OF_PACKAGE, 'crashkernel=384M-:128M\n');
    files = { ...files };
    // Half of the ordinary one: it has the modules of this machine only.
    capture = { ...capture, captureInitrdBytes: Math.min((capture.initrdBytes ?? 40 << 20) / 2, 40 << 20) };
  }
  // Its postinst runs update-grub.
  const brought = names.includes('kdump-tools') ? updateGrub({ ...facts, files }) : facts;
  return { ...brought, packages, files, capture, dpkgInterrupted: false, apt: null };
}

function purged(facts: Facts, names: readonly string[]): Facts {
  const packages = Object.fromEntries(Object.entries(facts.packages).filter(([name]) => !names.includes(name)));
  const files = names.includes('kdump-tools') ? without(facts.files, KDUMP_CONFIG, GRUB_OF_PACKAGE) : facts.files;
  return { ...updateGrub({ ...facts, files }), packages };
}

/** grub.d is read in the order of its names: ours comes last. */
function updateGrub(facts: Facts): Facts {
  if (facts.nextCmdline === null) return facts;
  const source = facts.files[GRUB_OF_OURS] ?? facts.files[GRUB_OF_PACKAGE];
  const value = crashkernelsOf((source?.text ?? '').replaceAll('"', ' ')).at(-1);
  const plain = facts.nextCmdline.split(' ').filter((word) => !word.startsWith('crashkernel='));
  return { ...facts, nextCmdline: value === undefined ? plain.join(' ') : withCrashkernel(plain.join(' '), value) };
}

function switchUnit(facts: Facts, name: string, actions: readonly string[]): Facts {
  const found = facts.units[name];
  const enabled = actions.includes('enable') ? 'enabled' : actions.includes('disable') ? 'disabled' : found?.enabled;
  const started = actions.includes('start') || actions.includes('restart');
  const active = started ? 'active' : actions.includes('stop') ? 'inactive' : found?.active;
  const load = facts.files[UNIT_FILES + name] ? 'loaded' : 'not-found';
  const unit = { load, sub: '', result: 'success', active: active ?? 'inactive', enabled: enabled ?? '' };
  const wants = `${UNIT_FILES}multi-user.target.wants`;
  const directories = actions.includes('enable') ? { ...facts.directories, [wants]: true } : facts.directories;
  const waits = started && name === ARM_UNIT;
  const arm = waits ? { ...facts.arm, state: 'waiting' as const, reason: 'for kdump' } : facts.arm;
  return { ...facts, directories, units: { ...facts.units, [name]: unit }, arm };
}

/** A restart loads where there is memory for it; the record of how is left out, as no rollback puts it back. */
function loadCrashKernel(facts: Facts, step: Extract<Step, { kind: 'unit' }>): Facts {
  const built = step.initrdFor === undefined ? {} : { captureInitrdBytes: 25 << 20, initrdThere: true };
  const crashLoaded = (facts.kexec.crashSize ?? 0) > 0;
  return { ...facts, capture: { ...facts.capture, ...built }, kexec: { ...facts.kexec, crashLoaded } };
}

function record(facts: Facts, state: GuestState | null, remove: readonly string[], back: boolean): Facts {
  const mine = (path: string): boolean => path.startsWith('/var/lib/provision/');
  const gone = Object.keys(facts.files).filter(
    (path) => path === PENDING_FILE || (mine(path) && (state === null || (back && path.includes('/backup/')))),
  );
  const files = without(facts.files, ...gone);
  if (state) files[STATE_FILE] = file(STATE_FILE, formatState(state), '0600');
  let directories = { ...facts.directories };
  for (const path of [...remove].sort().reverse()) {
    const held = [...Object.keys(files), ...Object.keys(directories)].some((other) => other.startsWith(`${path}/`));
    const wants = path.endsWith('.wants') && OUR_UNITS.some((unit) => facts.units[unit]?.enabled === 'enabled');
    if (!held && !wants)
      directories = Object.fromEntries(Object.entries(directories).filter(([each]) => each !== path));
  }
  return { ...facts, files, directories, state, pending: null };
}

/** The gate has waited long enough: what is in its fragments is live. */
export function gateOpens(facts: Facts): Facts {
  if (facts.units[ARM_UNIT]?.active !== 'active') return facts;
  const fragments = Object.values(facts.files).filter(({ path }) => path.startsWith('/etc/provision/armed.d/'));
  const settings = fragments.flatMap(({ text, path }) => parseSysctlFile(text ?? '', path));
  const sysctls = { ...facts.sysctls };
  for (const { key, value } of settings) sysctls[key] = value;
  return { ...facts, sysctls, arm: { ...facts.arm, state: 'armed', reason: 'panic settings are live' } };
}

/** Another boot: the kernel's defaults, then sysctl.d, then the units; memory that is reserved is not counted any more. */
export function reboot(facts: Facts, defaults: Facts['sysctls']): Facts {
  const assignments = bootAssignments(facts.files);
  const sysctls = Object.fromEntries(
    Object.entries(facts.sysctls).map(([key, live]) => {
      const initial = defaults[key] ?? live;
      return [key, live === null ? null : (bootWinner(assignments, key)?.value ?? initial)];
    }),
  );
  const cmdline = facts.nextCmdline ?? facts.cmdline;
  const all = facts.memTotalKiB + (facts.kexec.crashSize ?? 0) / 1024;
  const reserved = reservedMiB(crashkernelsOf(cmdline).at(-1) ?? '', all / 1024) * 1024;
  const memTotalKiB = all - reserved;
  const kexec = { ...facts.kexec, crashSize: reserved * 1024, crashLoaded: reserved > 0 };
  const units = { ...facts.units };
  for (const name of OUR_UNITS) {
    const unit = units[name];
    if (unit) units[name] = { ...unit, active: unit.enabled === 'enabled' ? 'active' : 'inactive' };
  }
  const arm = { ...facts.arm, state: 'none' as const, reason: '' };
  return { ...facts, sysctls, cmdline, kexec, memTotalKiB, units, arm };
}

/** `256M`, or ranges such as `2G-4G:320M,4G-:512M`. */
function reservedMiB(crashkernel: string, ramMiB: number): number {
  const mib = (size: string): number => Number.parseInt(size, 10) * (size.endsWith('G') ? 1024 : 1);
  if (!crashkernel.includes(':')) return crashkernel === '' ? 0 : mib(crashkernel);
  for (const range of crashkernel.split(',')) {
    const [bounds = '', size = ''] = range.split(':');
    const [low = '', high = ''] = bounds.split('-');
    if (ramMiB >= mib(low) && (high === '' || ramMiB < mib(high))) return mib(size);
  }
  return 0;
}

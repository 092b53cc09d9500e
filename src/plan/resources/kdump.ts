import type { Facts } from '../../facts/facts.ts';
import type { Context, OwnFile, Proposal } from '../context.ts';
import { crashkernelFor, crashkernelsOf, withCrashkernel, type Crashkernel } from '../crashkernel.ts';
import type { CmdlineStep, Finding, RebootStep, Step, UnitStep } from '../plan.ts';
import { render } from '../render.ts';
import { editKeys, type ShellKey } from '../shell-keys.ts';
import { planChange } from './file.ts';

export const KDUMP_CONFIG = '/etc/default/kdump-tools';
export const GRUB_DROP_IN = '/etc/default/grub.d/zz-provision.cfg';
const DUMP_DROP_IN = '/etc/systemd/system/kdump-tools-dump.service.d/provision.conf';
/** Inside the capture kernel a panic must reboot, not hang, or the guest is lost to the fleet. */
const CAPTURE_PANIC = 'panic=10';

/** The files of ours that kdump needs; the bootloader's only where there is one that we can regenerate. */
export function planKdumpFiles(context: Context): Proposal {
  const { desired, facts, templates } = context;
  if (desired.kdump === null) return {};
  const files: OwnFile[] = [];
  if (facts.bootloader === 'grub') {
    const { value } = crashkernelFor(desired.kdump.crashkernel, facts);
    files.push({
      path: GRUB_DROP_IN,
      text: render(templates['zz-provision.cfg'] ?? '', { crashkernel: value }),
      mode: '0644',
    });
  }
  const armed = context.settings.filter((setting) => setting.armed).map(({ key }) => `${key}=0`);
  if (facts.init === 'systemd' && armed.length > 0) {
    files.push({
      path: DUMP_DROP_IN,
      text: render(templates['kdump-tools-dump.conf'] ?? '', { disarmed: armed.join(' ') }),
      mode: '0644',
      note: 'keeps panics out of the capture kernel',
    });
  }
  return { files };
}

/** Keys of kdump-tools' own configuration, the command line of the next boot, and whether a reboot is due. */
export function planKdump(context: Context, installing: ReadonlySet<string>): Proposal {
  const { desired, facts } = context;
  if (desired.kdump === null) return {};
  const findings: Finding[] = [];
  const steps: Step[] = [];
  const config = planConfig(context, desired.kdump.keep, installing);
  if (config) steps.push(config);
  if (config && facts.kexec.crashLoaded === true) {
    steps.push(kdumpRestart('loaded with the old configuration', 'loaded with the new one'));
  }
  const wanted = crashkernelFor(desired.kdump.crashkernel, facts);
  const held = reservationHeld(wanted, context);
  const next = facts.nextCmdline;
  // Without GRUB the step is there for a person to see; preflight refuses it.
  if (facts.bootloader === 'grub' ? next !== null || !held : !held) {
    const current = next ?? facts.cmdline;
    const crashkernels = crashkernelsOf(current);
    if (crashkernels.length !== 1 || crashkernels[0] !== wanted.value) steps.push(cmdlineStep(current, wanted));
  }
  if (!held) steps.push(rebootStep(wanted));
  return { steps, findings };
}

/** Whether this boot already reserves what is wanted. */
export function reservationHeld(wanted: Crashkernel, context: Context): boolean {
  const { facts } = context;
  const size = facts.kexec.crashSize ?? 0;
  if (size === 0) return false;
  return wanted.bytes === null ? crashkernelsOf(facts.cmdline).at(-1) === wanted.value : size >= wanted.bytes;
}

function planConfig(context: Context, keep: number, installing: ReadonlySet<string>): Step | null {
  const keys = configKeys(context, keep);
  const found = context.facts.files[KDUMP_CONFIG];
  if (found?.text != null) {
    // A power cut leaves NULs at the end of a file; they are nobody's setting.
    return planChange(KDUMP_CONFIG, editKeys(found.text.replaceAll('\0', ''), keys), context.facts);
  }
  if (found?.raw !== undefined && editKeys(found.raw, keys) === found.raw) return null;
  // Bytes that are not UTF-8, or a file that its package is about to bring: the guest edits it in place.
  if (found === undefined && !installing.has('kdump-tools')) return null;
  return {
    id: `keys:${KDUMP_CONFIG}`,
    kind: 'keys',
    risk: 'none',
    undo: 'restored from its backup',
    path: KDUMP_CONFIG,
    keys,
  };
}

function configKeys(context: Context, keep: number): ShellKey[] {
  const append = context.distribution?.kdumpCmdlineAppend[context.facts.arch];
  return [
    { key: 'USE_KDUMP', value: '1' },
    { key: 'KDUMP_NUM_DUMPS', value: String(keep) },
    // The package's default is applied only when this is unset, so the whole literal has to be here.
    ...(append === undefined ? [] : [{ key: 'KDUMP_CMDLINE_APPEND', value: `"${append} ${CAPTURE_PANIC}"` }]),
  ];
}

function cmdlineStep(current: string, wanted: Crashkernel): CmdlineStep {
  return {
    id: 'cmdline:crashkernel',
    kind: 'cmdline',
    risk: 'reboot',
    undo: 'the drop-in is removed and grub.cfg is generated again',
    before: current,
    after: withCrashkernel(current, wanted.value),
    ...(wanted.sum === undefined ? {} : { sum: wanted.sum }),
  };
}

function rebootStep(wanted: Crashkernel): RebootStep {
  return {
    id: 'reboot:crashkernel',
    kind: 'reboot',
    risk: 'reboot',
    undo: 'none: rollback needs a reboot of its own to free the memory',
    reason: `crashkernel=${wanted.value} is reserved at boot`,
    crashkernel: wanted.value,
  };
}

/**
 * The reboot that gives memory back which the next boot will not reserve; null when this boot holds no more than the next.
 * While our drop-in is there, memory that it reserves is what goes.
 */
export function releaseStep({ kexec, cmdline, nextCmdline, files }: Facts): RebootStep | null {
  const size = kexec.crashSize ?? 0;
  if (size === 0 || nextCmdline === null) return null;
  const running = crashkernelsOf(cmdline).at(-1) ?? null;
  const next = crashkernelsOf(nextCmdline).at(-1) ?? null;
  const ours = files[GRUB_DROP_IN] !== undefined;
  if ((running === next) !== ours) return null;
  return {
    id: 'reboot:crashkernel',
    kind: 'reboot',
    risk: 'reboot',
    undo: 'none',
    reason: `${Math.round(size / 1024 / 1024)} MiB stay reserved for the crash kernel until then`,
    ...(ours ? {} : { crashkernel: next }),
  };
}

/** The loaded crash kernel holds its command line until its service loads it again. */
export function kdumpRestart(before: string, after: string): UnitStep {
  return {
    id: 'unit:kdump-tools.service',
    kind: 'unit',
    risk: 'service',
    undo: 'restarted with its original configuration',
    note: 'the loaded crash kernel holds its old command line until then',
    unit: 'kdump-tools.service',
    actions: ['restart'],
    before,
    after,
  };
}

/** grub.cfg generated again without our drop-in. */
export function bootloaderStep(facts: Pick<Facts, 'nextCmdline'>): CmdlineStep {
  return {
    id: 'cmdline:crashkernel',
    kind: 'cmdline',
    risk: 'reboot',
    undo: 'the next apply',
    before: facts.nextCmdline ?? '',
    after: 'as the remaining files in /etc/default/grub.d have it',
  };
}

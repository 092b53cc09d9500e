import type { Facts } from '../../facts/facts.ts';
import type { Context, OwnFile, Proposal } from '../context.ts';
import { COMPUTED, crashkernelFor, GRUB_DROP_IN, type Crashkernel } from '../crashkernel.ts';
import { crashkernelsOf, withCrashkernel } from '../crashkernel-syntax.ts';
import type { CmdlineStep, RebootStep, Step } from '../plan.ts';
import { render } from '../render.ts';
import { editKeys, type ShellKey } from '../shell-keys.ts';
import { planChange } from './file.ts';
import { kdumpFindings } from './kdump-findings.ts';
import { planService } from './kdump-service.ts';
import { guestTemplate } from '../guest-template.ts';

export const KDUMP_CONFIG = '/etc/default/kdump-tools';
const DUMP_DROP_IN = '/etc/systemd/system/kdump-tools-dump.service.d/provision.conf';
/** Inside the capture kernel a panic must reboot, not hang, or the guest is lost to the fleet. */
const CAPTURE_PANIC = 'panic=10';

/** The files of ours that kdump needs; the bootloader's only where there is one that we can regenerate. */
export function planKdumpFiles(context: Context): Proposal {
  const { desired, facts, templates } = context;
  if (desired.kdump === null) return {};
  const files: OwnFile[] = [];
  if (facts.bootloader === 'grub') {
    const { value, computed } = crashkernelFor(desired.kdump.crashkernel, context);
    const origin = computed ? COMPUTED : 'that of the profile';
    files.push({
      path: GRUB_DROP_IN,
      text: render(guestTemplate(templates, 'zz-provision.cfg'), { crashkernel: value, origin }),
      mode: '0644',
    });
  }
  if (facts.init === 'systemd') {
    files.push({
      path: DUMP_DROP_IN,
      text: render(guestTemplate(templates, 'kdump-tools-dump.conf'), { disarmed: disarmed(context).join(' ') }),
      mode: '0644',
      note: 'keeps panics out of the capture kernel',
    });
  }
  return { files };
}

/** Everything that could panic the capture kernel, whoever set it: files in /etc/sysctl.d are applied there as well. */
function disarmed({ sysctls, settings }: Context): string[] {
  const panicking = [...sysctls].filter(([, { panics }]) => panics).map(([key]) => key);
  const armed = settings.filter((setting) => setting.armed).map(({ key }) => key);
  return [...new Set([...panicking, ...armed])].sort().map((key) => `${key}=0`);
}

/** Keys of kdump-tools' own configuration, the command line of the next boot, its service, and whether a reboot is due. */
export function planKdump(context: Context, installing: ReadonlySet<string>): Proposal {
  const { desired, facts } = context;
  if (desired.kdump === null) return {};
  const steps: Step[] = [];
  const config = planConfig(context, desired.kdump.keep, installing);
  if (config) steps.push(config);
  const wanted = crashkernelFor(desired.kdump.crashkernel, context);
  const held = reservationHeld(wanted, facts);
  const next = facts.nextCmdline;
  // Without GRUB the step is there for a person to see; preflight refuses it.
  if (facts.bootloader === 'grub' ? next !== null || !held : !held) {
    const current = next ?? facts.cmdline;
    const crashkernels = crashkernelsOf(current);
    // The package brings a crashkernel= of its own, and has grub.cfg generated with it.
    const overwritten = facts.bootloader === 'grub' && installing.has('kdump-tools');
    if (overwritten || crashkernels.length !== 1 || crashkernels[0] !== wanted.value) {
      steps.push(cmdlineStep(current, wanted, facts));
    }
  }
  const reboot = held || reservationFailed(wanted, facts) ? null : rebootStep(wanted);
  const service = planService(context, { changed: config !== null, rebooting: reboot !== null });
  if (service) steps.push(service);
  if (reboot) steps.push(reboot);
  return { steps, findings: kdumpFindings(context, wanted, { service, reboot }) };
}

/** Whether this boot already reserves what is wanted. */
export function reservationHeld(wanted: Crashkernel, facts: Facts): boolean {
  const size = facts.kexec.crashSize ?? 0;
  if (size === 0) return false;
  return wanted.bytes === null ? crashkernelsOf(facts.cmdline).at(-1) === wanted.value : size >= wanted.bytes;
}

/** Whether this boot was asked for just that and reserved nothing: another reboot would change nothing. */
export function reservationFailed(wanted: Crashkernel, { kexec, cmdline, nextCmdline }: Facts): boolean {
  if ((kexec.crashSize ?? 0) > 0 || kexec.crashLoaded === null) return false;
  const next = nextCmdline === null ? wanted.value : crashkernelsOf(nextCmdline).at(-1);
  return crashkernelsOf(cmdline).at(-1) === wanted.value && next === wanted.value;
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
  const { distribution, facts } = context;
  const append = distribution?.kdumpCmdlineAppend[facts.arch];
  const words = [append, distribution?.kdumpCmdlineExtra[facts.arch], CAPTURE_PANIC].filter(
    (each) => each !== undefined,
  );
  return [
    { key: 'USE_KDUMP', value: '1' },
    { key: 'KDUMP_NUM_DUMPS', value: String(keep) },
    // The package's default is applied only when this is unset, so the whole literal has to be here.
    ...(append === undefined ? [] : [{ key: 'KDUMP_CMDLINE_APPEND', value: `"${words.join(' ')}"` }]),
  ];
}

/** @param current the command line that the next boot has today */
function cmdlineStep(current: string, wanted: Crashkernel, facts: Facts): CmdlineStep {
  return {
    id: 'cmdline:crashkernel',
    kind: 'cmdline',
    risk: 'reboot',
    undo: 'the drop-in is removed and grub.cfg is generated again',
    before: withoutImage(facts.cmdline),
    after: withCrashkernel(withoutImage(current), wanted.value),
    generated: facts.nextCmdline,
    ...(wanted.computed ? { sum: wanted.estimate.sum } : {}),
  };
}

/** GRUB puts the kernel's file in front of what grub.cfg says. */
function withoutImage(cmdline: string): string {
  return cmdline.replace(/^BOOT_IMAGE=\S+ ?/, '');
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

/** grub.cfg generated again without our drop-in. */
export function bootloaderStep(facts: Pick<Facts, 'nextCmdline'>): CmdlineStep {
  return {
    id: 'cmdline:crashkernel',
    kind: 'cmdline',
    risk: 'reboot',
    undo: 'the next apply',
    note: 'as the remaining files in /etc/default/grub.d have it',
    before: facts.nextCmdline ?? '',
    after: null,
    generated: facts.nextCmdline,
  };
}

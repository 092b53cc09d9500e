import type { AptAction } from '../facts/facts.ts';
import type { GuestState } from '../facts/state.ts';

/** What can go wrong for the guest's users when the step runs. */
export type Risk = 'none' | 'service' | 'panic' | 'reboot';

interface StepBase {
  /** Unique in a plan and stable between runs: `file:/etc/...`, `sysctl:kernel.panic`. */
  readonly id: string;
  readonly risk: Risk;
  /** What rollback does about it, in words. */
  readonly undo: string;
  /** Shown behind the change: why, or what else is worth knowing. */
  readonly note?: string;
}

export interface FileStep extends StepBase {
  readonly kind: 'file';
  readonly path: string;
  /** null: the file does not exist. */
  readonly before: { readonly sha256: string; readonly text: string | null } | null;
  /** null: the file is removed. */
  readonly after: {
    /** null only for a copy whose bytes are not UTF-8. */
    readonly text: string | null;
    readonly sha256: string;
    readonly mode: string;
    readonly uid: number;
    readonly gid: number;
    /** The bytes come from this copy on the guest (rollback); absent: they are `text`. */
    readonly from?: string;
  } | null;
}

/** Changes single keys of a shell-style file whose content is known only once its package is installed. */
export interface KeysStep extends StepBase {
  readonly kind: 'keys';
  readonly path: string;
  readonly keys: readonly { readonly key: string; readonly value: string }[];
}

export interface PackageStep extends StepBase {
  readonly kind: 'package';
  readonly action: 'install' | 'purge';
  /** What apt is asked for. */
  readonly names: readonly string[];
  /** What apt said it would do; empty when it could not say (see note). */
  readonly actions: readonly AptAction[];
  readonly fetchBytes: number | null;
  readonly diskBytes: number | null;
  /** debconf answers set first: `kexec-tools kexec-tools/load_kexec boolean false`. */
  readonly preseed: readonly string[];
  /** A former run was cut off: finish it before anything else. */
  readonly repair: boolean;
  /** The guest has no package lists: apt-get update before anything else. */
  readonly refresh: boolean;
}

export interface SysctlStep extends StepBase {
  readonly kind: 'sysctl';
  readonly key: string;
  readonly before: string | null;
  readonly after: string;
  /** The value that would win at the next boot before this plan, and where; null: the kernel's own default. */
  readonly boot: { readonly file: string; readonly line: number; readonly value: string } | null;
}

/** Settings that the arm gate makes live once kdump is ready. Shown, and carried out by the unit. */
export interface ArmedStep extends StepBase {
  readonly kind: 'armed';
  readonly key: string;
  readonly before: string | null;
  readonly after: string;
}

export interface UnitStep extends StepBase {
  readonly kind: 'unit';
  readonly unit: string;
  readonly actions: readonly ('reload' | 'enable' | 'disable' | 'start' | 'stop' | 'restart')[];
  /** The kernel release whose capture initrd is built first. */
  readonly initrdFor?: string;
  readonly before: string;
  readonly after: string;
}

export interface CmdlineStep extends StepBase {
  readonly kind: 'cmdline';
  /** The command line of this boot, /proc/cmdline; in a rollback what grub.cfg has. */
  readonly before: string;
  /** That of the next boot; null: whatever the remaining files make of it. */
  readonly after: string | null;
  /** That of the next boot if nothing is done, as grub.cfg has it today; null: there is none. */
  readonly generated: string | null;
  /** Terms of the size, for people: `kernel 54 + initrd 29`. */
  readonly sum?: string;
}

/** A change that takes effect only with the next boot. */
export interface RebootStep extends StepBase {
  readonly kind: 'reboot';
  readonly reason: string;
  /**
   * The crashkernel= that the new boot's command line has to have, null for none. Absent when only the guest can tell,
   * once its boot loader's configuration has been made again.
   */
  readonly crashkernel?: string | null;
}

export interface StateStep extends StepBase {
  readonly kind: 'state';
  readonly after: GuestState | null;
  /** What is on the guest while an apply runs: every before-value, also of what it is about to take back. */
  readonly intent?: GuestState;
  /** Evidence of hangs goes as well. */
  readonly everything?: true;
  /** Directories that an apply made, deepest last; removed when empty. */
  readonly removeDirectories?: readonly string[];
}

export type Step =
  FileStep | KeysStep | PackageStep | SysctlStep | ArmedStep | UnitStep | CmdlineStep | RebootStep | StateStep;
export type StepKind = Step['kind'];

export interface Stage {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Something a person should know: `refusal` stops an apply, `skipped` names what will not be done, `note` informs. */
export interface Finding {
  readonly level: 'refusal' | 'conflict' | 'skipped' | 'note';
  /** Stable name: `no-grub`, `container`, `sysctl-absent`. */
  readonly code: string;
  readonly subject: string;
  readonly text: string;
  readonly hint?: string;
}

/** What must still hold on the guest when the plan is carried out. */
export interface Preconditions {
  readonly machineId: string;
  readonly kernel: string;
  readonly files: Readonly<Record<string, string | null>>;
  readonly sysctls: Readonly<Record<string, string | null>>;
}

export type Goal = 'apply' | 'rollback' | 'arm' | 'disarm';

/** Stages of steps that take one guest from its facts to the desired state. Plain JSON; dry-run prints it, apply runs it. */
export interface Plan {
  readonly format: 1;
  readonly goal: Goal;
  readonly guest: string;
  readonly profile: string;
  /** One line for people: `Debian 12, 6.1.0-56-amd64, 2.0 GiB, virtio_gpu`. */
  readonly system: string;
  readonly findings: readonly Finding[];
  readonly stages: readonly Stage[];
  readonly preconditions: Preconditions;
  /** sha256 over all of the above except which guest it is for: equal changes on two guests hash alike. */
  readonly hash: string;
}

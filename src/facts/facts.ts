import type { GuestState } from './state.ts';

/** A file as the probe found it. */
export interface FileFact {
  readonly path: string;
  readonly sha256: string;
  /** null when the bytes are not UTF-8. */
  readonly text: string | null;
  /** Then the bytes as Latin-1, to be read and never to be written. */
  readonly raw?: string;
  /** Octal, e.g. `0644`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** True when the path is a symbolic link (the other fields are the target's). */
  readonly link: boolean;
}

export interface PackageFact {
  /** dpkg's status triple, e.g. `install ok installed`. */
  readonly status: string;
  readonly version: string;
}

/** One package that apt would act on, from its own simulation. */
export interface AptAction {
  readonly action: 'install' | 'upgrade' | 'remove';
  readonly name: string;
  readonly version: string;
  readonly from?: string;
}

/** What `apt-get -s install` of the missing packages said; null when nothing is missing. */
export interface AptFacts {
  readonly missing: readonly string[];
  /** Missing packages that apt knows no candidate for. */
  readonly unknown: readonly string[];
  readonly actions: readonly AptAction[];
  readonly fetchBytes: number | null;
  readonly diskBytes: number | null;
  /** apt's own words when the simulation failed. */
  readonly error: string | null;
  /** Package lists had to be read from the mirror for this simulation because the guest has none. */
  readonly freshLists: boolean;
}

export interface UnitFact {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly enabled: string;
  readonly result: string;
}

/** What a capture kernel is made of. null: it is not there, or not this user's to read. */
export interface CaptureFacts {
  /** /boot/vmlinuz of the running kernel. */
  readonly vmlinuzBytes: number | null;
  /** /boot/initrd.img of the running kernel. */
  readonly initrdBytes: number | null;
  /** /var/lib/kdump/initrd.img of the running kernel: what a crash kernel is loaded with. */
  readonly captureInitrdBytes: number | null;
  /** Code, data and bss of the running kernel, from /proc/iomem, which shows them to root only. */
  readonly kernelBytes: number | null;
  /** Loaded modules, from /proc/modules. */
  readonly modulesBytes: number | null;
  /** Where the links in /var/lib/kdump lead; null: no such link. kdump-tools sets them when it loads. */
  readonly kernelLink: string | null;
  readonly initrdLink: string | null;
  /** Whether /var/lib/kdump/initrd.img leads to a file. */
  readonly initrdThere: boolean;
}

export type ReadinessState =
  | 'no-support'
  | 'disabled'
  | 'not-reserved'
  | 'reservation-failed'
  | 'not-loaded'
  | 'no-initrd'
  | 'stale-cmdline'
  | 'stale-config'
  | 'ready'
  | 'capturing';

/** Whether a crash would be captured now, and if not, why. */
export interface Readiness {
  readonly state: ReadinessState;
  readonly reason: string;
  /** What a person can do about it; null when there is nothing to do. */
  readonly hint: string | null;
}

/** What the arm gate last wrote to its status file. */
export interface ArmFact {
  readonly state: 'none' | 'waiting' | 'armed' | 'refused' | 'failed';
  readonly reason: string;
  readonly bootId: string;
}

/** Who holds the lock of a guest, as the converge wrote it down there. */
export interface JobFact {
  readonly id: string;
  /** The process that began it, see src/journal/process.ts. */
  readonly client: string;
  /** By the guest's clock: ISO 8601, UTC, seconds. */
  readonly since: string;
  /** `user@host (provision apply, run ID)` */
  readonly owner: string;
}

export interface DiskFact {
  readonly path: string;
  readonly totalKiB: number;
  readonly freeKiB: number;
}

/** What one probe read from a guest. Plain data that survives JSON; absent things are null, never guessed. */
export interface Facts {
  readonly hostname: string;
  readonly machineId: string;
  readonly uid: number;
  readonly os: { readonly id: string; readonly idLike: string; readonly versionId: string; readonly pretty: string };
  readonly kernel: { readonly release: string; readonly version: string };
  /** dpkg architecture: amd64, arm64. */
  readonly arch: string;
  readonly bootId: string;
  readonly uptimeSeconds: number;
  readonly memTotalKiB: number;
  /** RAM as the firmware gives it to the kernel, reserved parts included, from /proc/iomem; null: root alone may see it. */
  readonly physicalKiB: number | null;
  /** `systemd`, or the name of whatever PID 1 is. */
  readonly init: string;
  readonly container: string | null;
  readonly drivers: readonly string[];
  readonly cmdline: string;
  /** The command line that the next boot would use, read from grub.cfg; null when there is none. */
  readonly nextCmdline: string | null;
  /** `grub` when update-grub and /boot/grub/grub.cfg are both there; else what was seen. */
  readonly bootloader: string;
  readonly secureBoot: boolean;
  readonly lockdown: string | null;
  readonly kexec: {
    readonly crashLoaded: boolean | null;
    readonly crashSize: number | null;
    readonly loaded: boolean | null;
    readonly loadDisabled: boolean;
  };
  readonly capture: CaptureFacts;
  /** Follows from the other facts; here for readers of the facts as data. */
  readonly readiness: Readiness;
  readonly captureKernel: boolean;
  /** Pieces of evidence of hangs in /var/lib/provision/evidence. */
  readonly evidence: number;
  readonly crashDirs: readonly string[];
  readonly disks: readonly DiskFact[];
  readonly etcWritable: boolean;
  /** Key -> live value (first line), null when the kernel has no such key. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  readonly files: Readonly<Record<string, FileFact>>;
  /** Directories the plan may have to make: path -> exists. */
  readonly directories: Readonly<Record<string, boolean>>;
  readonly packages: Readonly<Record<string, PackageFact>>;
  readonly dpkgInterrupted: boolean;
  readonly apt: AptFacts | null;
  readonly units: Readonly<Record<string, UnitFact>>;
  readonly arm: ArmFact;
  /** The last completed apply, null when there was none (or it was rolled back). */
  readonly state: GuestState | null;
  /** An apply that was begun and not completed. */
  readonly pending: GuestState | null;
  /** A converge that is running right now, on behalf of some client. */
  readonly job: JobFact | null;
}

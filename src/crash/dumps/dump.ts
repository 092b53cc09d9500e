import type { DumpFormat } from '../dump-format.ts';
import type { Container } from './container.ts';

/** A regular file in a dump's directory. */
export interface DumpFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
}

/** What made the kernel panic. */
export type Trigger =
  'sysrq' | 'hung_task' | 'softlockup' | 'hardlockup' | 'rcu_stall' | 'oom' | 'warn' | 'nmi' | 'oops' | 'other';

export type Verdict =
  | {
      readonly valid: true;
      /** What was not looked at. */
      readonly note?: string;
    }
  | { readonly valid: false; readonly reason: string };

/** The file of memory itself, whole or not. */
export interface DumpBody {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The container of a compressed dump; null when it is neither that nor a dump. */
  readonly format: DumpFormat | Container | null;
  /** The capture was cut off, or is running. */
  readonly incomplete: boolean;
}

/** A task that khungtaskd named. */
export interface BlockedTask {
  readonly comm: string;
  readonly pid: number;
  /** The time-out that it exceeded. */
  readonly seconds: number;
}

/** One crash, as its directory on the guest tells of it. Plain data. */
export interface Dump {
  readonly guest?: string;
  /** The directory's own name: `202611241200`, or `HOST-202611241200` on a shared target. */
  readonly name: string;
  /** The directory's path on the guest. */
  readonly directory: string;
  /** When the directory was last touched, seconds since the epoch by the guest's clock. */
  readonly time: number;
  /** By the guest's clock as well. */
  readonly ageSeconds: number;
  readonly files: readonly DumpFile[];
  readonly dump: DumpBody | null;
  readonly dmesg: DumpFile | null;
  /** What stands behind `Kernel panic - not syncing:`, or the oops of a kernel that panics without saying so. */
  readonly panic: string | null;
  readonly trigger: Trigger | null;
  /** The last one before the panic. */
  readonly blocked: BlockedTask | null;
  /** What a crash test wrote into the log before it crashed the guest. */
  readonly tag: string | null;
  /** `capture.log`: what the capture kernel said. */
  readonly captureLog: boolean;
  /** `journal.STAMP` */
  readonly journal: boolean;
  readonly verdict: Verdict;
}

/** What one look at a guest's dumps brings. */
export interface DumpsAnswer {
  /** KDUMP_COREDIR. */
  readonly coredir: string;
  readonly exists: boolean;
  /** The user may list it. */
  readonly readable: boolean;
  /** The guest's clock, seconds since the epoch. */
  readonly now: number;
  readonly bootId: string;
  readonly memTotalKiB: number;
  /** Free space beside the dumps; null where there is no directory. */
  readonly freeKiB: number | null;
  /** The guest is in its capture kernel at this moment. */
  readonly captureKernel: boolean;
  /** kdump-tools' own files: a crash kernel was loaded at some time. */
  readonly kdumpLock: boolean;
  readonly kexecCmd: boolean;
  /** Where dumps go instead, as /etc/default/kdump-tools says: `SSH root@dumps.example.net`. */
  readonly remote: string | null;
  /** Newest first. */
  readonly dumps: readonly Dump[];
}

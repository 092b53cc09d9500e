import type { DumpFormat } from '../dump-format.ts';

/** A function on a stack, innermost first. */
export interface Frame {
  readonly function: string;
  /** `fs/namespace.c:384`; null without debug symbols. */
  readonly source: string | null;
  /** The compiler put it into the next frame: it made no call of its own. */
  readonly inline: boolean;
  /** The module that it is in; null for the kernel itself. */
  readonly module: string | null;
}

/** A task, as one reader found it. */
export interface Task {
  readonly pid: number;
  readonly comm: string;
  /** One letter as in ps: D is blocked and deaf to signals. */
  readonly state: string;
  readonly cpu: number | null;
  readonly parent: number | null;
  /** Nanoseconds since it last had a CPU; null while it runs or where that is not known. */
  readonly blockedNs: number | null;
  /** In D state but open to SIGKILL: the kernel's hung task check does not count it. */
  readonly killable: boolean;
  readonly stack: readonly Frame[];
  /** Why there is no stack. */
  readonly stackError: string | null;
}

export type BlockedTask = Omit<Task, 'stack'>;

/** Tasks that wait in the same place. */
export interface BlockedGroup {
  /** The longest blocked first. */
  readonly tasks: readonly BlockedTask[];
  readonly stack: readonly Frame[];
}

export type LogReportKind =
  | 'hung_task'
  | 'oops'
  | 'bug'
  | 'warning'
  | 'soft_lockup'
  | 'hard_lockup'
  | 'rcu_stall'
  | 'oom'
  | 'sysrq'
  | 'backtrace'
  /** A row of a task listing, such as sysrq-w prints. */
  | 'task_state';

/** Something that the kernel complained about in its log, with the stack that it printed. */
export interface LogReport {
  readonly kind: LogReportKind;
  readonly headline: string;
  /** Seconds since boot. */
  readonly seconds: number | null;
  readonly task: { readonly pid: number; readonly comm: string } | null;
  /** How long the task was blocked, as the kernel said. */
  readonly blockedSeconds: number | null;
  readonly stack: readonly Frame[];
}

export interface Panic {
  /** What stands behind `Kernel panic - not syncing:`. */
  readonly reason: string | null;
  /** Which kind that is, `hung_task` or `sysrq`, and what it means. */
  readonly trigger: string | null;
  readonly meaning: string | null;
  readonly task: { readonly pid: number; readonly comm: string; readonly cpu: number | null } | null;
}

export interface TaintFlag {
  readonly letter: string;
  readonly name: string;
  readonly meaning: string;
  /** It bears on what the dump can prove. */
  readonly suspect: boolean;
}

export interface Kernel {
  readonly release: string | null;
  /** `uname -v` */
  readonly version: string | null;
  readonly machine: string | null;
  readonly nodename: string | null;
  readonly cmdline: string | null;
  readonly cpus: number | null;
  readonly uptimeSeconds: number | null;
  readonly buildId: string | null;
  readonly taint: readonly TaintFlag[];
}

/** Bytes, all of them. */
export interface Memory {
  readonly total: number;
  readonly free: number;
  /** The kernel's own estimate of what can be had without swapping. */
  readonly available: number;
  readonly anonymous: number;
  readonly file: number;
  readonly shared: number;
  readonly dirty: number;
  readonly writeback: number;
  readonly slabReclaimable: number;
  readonly slabUnreclaimable: number;
  readonly kernelStacks: number;
  readonly pageTables: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  readonly zones: readonly MemoryZone[];
}

export interface MemoryZone {
  readonly name: string;
  readonly managed: number;
  readonly free: number;
  /** Below it only reclaim itself may allocate. */
  readonly min: number;
  /** Below it kswapd runs. */
  readonly low: number;
  readonly high: number;
}

export interface SlabCache {
  readonly name: string;
  readonly bytes: number;
  readonly objects: number;
  readonly objectSize: number;
}

export interface ResidentProcess {
  readonly pid: number;
  readonly comm: string;
  /** Bytes. */
  readonly rss: number;
}

export interface WorkItem {
  readonly function: string | null;
  readonly workqueue: string | null;
}

export interface BusyWorker extends WorkItem {
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
}

/** Workers that share a list of work; one with neither running nor waiting work is left out. */
export interface WorkerPool {
  readonly id: number;
  /** -1: not bound to a CPU. */
  readonly cpu: number;
  readonly nice: number;
  readonly workers: number;
  readonly idle: number;
  /** Workers that are on a CPU or could be. */
  readonly running: number;
  readonly busy: readonly BusyWorker[];
  readonly pending: readonly WorkItem[];
  /** All that is pending, also what is not listed. */
  readonly pendingCount: number;
}

/** Work that its queue's own limit keeps off the pools. */
export interface HeldBackWork {
  readonly workqueue: string;
  readonly cpu: number;
  readonly count: number;
  readonly function: string | null;
}

export interface Workqueues {
  readonly pools: readonly WorkerPool[];
  readonly heldBack: readonly HeldBackWork[];
}

export interface AnalysisFinding {
  /** broken: a reader's answer cannot be trusted. suspect: look here first. note: worth knowing. */
  readonly level: 'broken' | 'suspect' | 'note';
  readonly text: string;
  readonly remedy: string | null;
}

/** Who said what, and how long that took. */
export interface Source {
  readonly tool: string;
  readonly what: string;
  readonly ms: number;
}

/** What a dump tells, as plain data that survives JSON. Null is what no reader could say. */
export interface Analysis {
  readonly v: 1;
  readonly dump: {
    readonly file: string;
    readonly format: DumpFormat;
    readonly bytes: number;
    /** ISO 8601, UTC. */
    readonly crashedAt: string | null;
  };
  readonly panic: Panic;
  readonly kernel: Kernel;
  /** The vmlinux that was read along, and where it came from. */
  readonly symbols: { readonly vmlinux: string; readonly from: string } | null;
  /** Null when no reader gave a list that can be true. */
  readonly tasks: { readonly total: number; readonly blocked: number; readonly reader: string } | null;
  /** Null when that is not known, which is not the same as nobody. The longest blocked first. */
  readonly blocked: readonly BlockedGroup[] | null;
  readonly memory: Memory | null;
  readonly slabs: readonly SlabCache[] | null;
  readonly processes: readonly ResidentProcess[] | null;
  readonly workqueues: Workqueues | null;
  readonly reports: readonly LogReport[];
  readonly findings: readonly AnalysisFinding[];
  readonly sources: readonly Source[];
}

import type { Trace } from '../trace.ts';

/** Why khungtaskd counts a task that stays as it is, or does not; null: its stack was not to be had. */
export type HungTaskView = 'counted' | 'killable' | 'frozen' | null;

/** One thread whose stack was asked for. */
export interface TaskLook {
  /** The process (its thread group), and the thread. */
  readonly pid: number;
  readonly tid: number;
  readonly comm: string;
  /** The name of the process's first thread; empty: it was not read. */
  readonly process: string;
  readonly parent: { readonly pid: number; readonly comm: string } | null;
  readonly kernelThread: boolean;
  /** State at the first look, as /proc says it: D, R, S, I.. */
  readonly state: string;
  readonly cpu: number;
  /** D at both looks, and not once switched to in between. */
  readonly blocked: boolean;
  /** Of blocked tasks. */
  readonly hungTask: HungTaskView;
  /** What it waits for, where hung_task leaves it alone. */
  readonly wait: string | null;
  /** Since it last ran; null: this kernel does not say, or it has run since. */
  readonly seconds: number | null;
  /** The function that it waits in; null: not told. */
  readonly wchan: string | null;
  readonly trace: Trace | null;
}

/** One processor between the two looks. */
export interface CpuLook {
  readonly cpu: number;
  /** Shares of the time between the looks, 0 to 1; null where nothing was counted. */
  readonly idle: number | null;
  readonly steal: number | null;
  readonly isolated: boolean;
  /** Runnable at both looks, real-time ones first. */
  readonly runnable: readonly RunnableTask[];
}

export interface RunnableTask {
  readonly tid: number;
  readonly comm: string;
  /** FIFO, RR or DEADLINE with its priority; null: an ordinary one. */
  readonly realTime: string | null;
  /** CPU time between the looks, in ticks of 10 ms. */
  readonly ticks: number;
}

/** Per cent of the last 10 and 60 s in which some, and in which all, tasks waited. */
export interface Pressure {
  readonly some10: number;
  readonly some60: number;
  /** null: this kernel does not count it. */
  readonly full10: number | null;
  readonly full60: number | null;
}

export interface Slab {
  readonly name: string;
  readonly bytes: number;
  readonly objects: number;
}

/** What stands around the blocked tasks. */
export interface Context {
  readonly load: string | null;
  /** /proc/meminfo, bytes. */
  readonly memory: Readonly<Record<string, number>>;
  readonly pressure: Readonly<Partial<Record<'cpu' | 'io' | 'memory', Pressure>>>;
  /** The largest fifteen, largest first; empty: root alone may see them. */
  readonly slabs: readonly Slab[];
  /** Counters of /proc/vmstat about reclaim and compaction, since boot. */
  readonly reclaim: Readonly<Record<string, number>>;
  readonly cpus: readonly CpuLook[];
  readonly kworkers: readonly Kworker[];
}

/** A worker of a per-CPU pool that does not sleep between works. */
export interface Kworker {
  readonly tid: number;
  readonly comm: string;
  readonly cpu: number;
  readonly state: string;
}

/** Files that were there and were not read. */
export interface Unread {
  /** Name of the file below the task: stat, stack, wchan.. */
  readonly what: string;
  /** Not within its limit, or not for this user. */
  readonly reason: 'deadline' | 'refused';
  readonly count: number;
  /** Paths, a few of them. */
  readonly such: readonly string[];
}

/** What the kernel wrote into its log when it was asked (sysrq). */
export interface KernelAnswer {
  readonly key: 'w' | 't';
  readonly lines: readonly string[];
  /** Records that were overwritten before they were read. */
  readonly lost: number;
  readonly whole: boolean;
}

/** What templates/guest/stacks.sh found on one guest. Plain data. */
export interface Collection {
  readonly hostname: string;
  readonly kernel: string;
  readonly bootId: string;
  /** Seconds since the epoch, by the guest's clock. */
  readonly now: number;
  readonly uptimeSeconds: number;
  readonly root: boolean;
  readonly cmdline: string;
  readonly threads: {
    readonly listed: number;
    readonly read: number;
    /** Threads by state at the first look. */
    readonly states: Readonly<Record<string, number>>;
  };
  /** Blocked, longest first. */
  readonly blocked: readonly TaskLook[];
  /** In D at the first look and gone on by the second. */
  readonly passing: readonly TaskLook[];
  /** Of the process that was named: those that are not blocked. */
  readonly others: readonly TaskLook[];
  readonly context: Context;
  /** Sysctls kernel.hung_task_*; null: this kernel has no such key. */
  readonly hungTask: {
    readonly timeoutSeconds: number | null;
    readonly panic: number | null;
    readonly warnings: number | null;
    readonly detected: number | null;
  };
  readonly unread: readonly Unread[];
  /** Threads that ended while they were looked at. */
  readonly gone: number;
  readonly kernelAnswers: readonly KernelAnswer[];
  /** Why the kernel was not asked although it was wanted; null: it was, or nobody wanted it. */
  readonly kernelRefused: string | null;
  readonly tookMs: number;
}

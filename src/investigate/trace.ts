/** Where a stack was read from; it says how far it can be trusted, and what it leaves out. */
export type TraceKind =
  | 'proc' // /proc/PID/stack: no scheduler frames
  | 'hung_task' // khungtaskd's report
  | 'task_state' // sysrq w or t
  | 'soft_lockup'
  | 'hard_lockup'
  | 'rcu_stall'
  | 'oops' // and kernel BUG, general protection, panic
  | 'warning'
  | 'oom'
  | 'lockdep'
  | 'backtrace' // NMI and dump_stack of no other kind
  | 'crash_bt' // crash's bt, drgn's stack_trace
  | 'bpf' // bpftrace's @[kstack]
  | 'folded'; // a;b;c 12

export interface StackFrame {
  /** Without offset; compiler suffixes (.isra.0, .part.1, .constprop.0, .cold, .llvm.1) taken off. */
  readonly function: string;
  /** Null: built in, or not told. */
  readonly module: string | null;
  /** `? function`: it was lying on the stack and need not be a caller. */
  readonly unsure: boolean;
  /** Why it was put back although the source leaves it out; null for what was really read. */
  readonly inferred: string | null;
}

export interface TraceTask {
  readonly pid: number | null;
  readonly comm: string;
}

/** One kernel stack, and whose it is. */
export interface Trace {
  readonly kind: TraceKind;
  readonly task: TraceTask | null;
  /** D, R, S, I..; null: not told. */
  readonly state: string | null;
  readonly blockedSeconds: number | null;
  readonly cpu: number | null;
  /** Innermost first, as kernels print them. */
  readonly frames: readonly StackFrame[];
  /** The first line of the report, stamps taken off; null: a bare stack. */
  readonly headline: string | null;
  /** 1-based line of the input where it begins; 0: it was not in a text. */
  readonly line: number;
  /** How often, or for how long (microseconds for off-CPU); 1 where nothing is counted. */
  readonly weight: number;
}

export const MODES = ['offcpu', 'wakeup', 'offwake'] as const;
export type TraceMode = (typeof MODES)[number];

/** Whose waits are of interest. A process is named by what the kernel calls it, 15 bytes at most. */
export type Target =
  | { readonly kind: 'all' }
  | { readonly kind: 'process'; readonly comm: string }
  | { readonly kind: 'pid' | 'tid'; readonly id: number }
  /** Below /sys/fs/cgroup; those inside of it count too. */
  | { readonly kind: 'cgroup'; readonly path: string };

/**
 * The letters of ps, and the bit that sched_switch reports for each (include/linux/sched.h, TASK_REPORT; R is 0, or the bit
 * above all others where the task was made to leave). D has TASK_KILLABLE in it, and not the idle kernel threads.
 */
export const STATE_BITS = { R: 0, S: 1, D: 2, T: 4, t: 8, P: 64, I: 128 } as const;
export type StateLetter = keyof typeof STATE_BITS;

export interface TraceRequest {
  readonly mode: TraceMode;
  readonly target: Target;
  /** Null: all but idle kernel threads, as far as the tool can tell them. */
  readonly states: readonly StateLetter[] | null;
  readonly durationMs: number;
  /** Shorter waits are left out, microseconds. */
  readonly minUs: number;
  readonly userStacks: boolean;
  /** The tool that the person wants, and no other. */
  readonly tool: string | null;
}

/** As a person would say it: `Xorg`, `pid 1458`, `cgroup user.slice`. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'all':
      return 'all tasks';
    case 'process':
      return target.comm;
    case 'cgroup':
      return `cgroup ${target.path}`;
    default:
      return `${target.kind} ${target.id}`;
  }
}

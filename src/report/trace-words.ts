import type { Trace, TraceTask } from '../investigate/trace.ts';

/** What a stack was read from. */
export const TRACE_KINDS: Readonly<Record<Trace['kind'], string>> = {
  proc: '/proc/PID/stack',
  hung_task: 'hung task report',
  task_state: 'sysrq report',
  soft_lockup: 'soft lockup',
  hard_lockup: 'hard lockup',
  rcu_stall: 'RCU stall',
  oops: 'oops',
  warning: 'warning',
  oom: 'out of memory',
  lockdep: 'lockdep report',
  backtrace: 'backtrace',
  crash_bt: 'debugger backtrace',
  bpf: 'BPF stack',
  folded: 'folded stack',
};

/** `Xorg (pid 1458)` */
export function traceTaskName({ comm, pid }: TraceTask): string {
  if (comm === '') return `pid ${pid ?? '?'}`;
  return pid === null ? comm : `${comm} (pid ${pid})`;
}

import type { TraceKind } from '../trace.ts';

/** Reports that show what a task waits for; the others show what a CPU was doing when something else went wrong. */
export const WAITING_KINDS: ReadonlySet<TraceKind> = new Set([
  'proc',
  'hung_task',
  'task_state',
  'backtrace',
  'crash_bt',
  'bpf',
  'folded',
]);

import type { TraceKind } from '../trace.ts';
import type { FrameLine } from './frame-line.ts';
import type { OpenTrace } from './open-trace.ts';
import type { ReportHead } from './report-line.ts';

/** What a stack is that nothing but its frames tells of. */
export const KIND_OF_SHAPE: { readonly [S in FrameLine['shape']]: TraceKind } = {
  offset: 'proc',
  numbered: 'crash_bt',
  decimal: 'bpf',
  source: 'backtrace',
  name: 'proc',
};

/** Lockdep's chains and KASAN's histories have stacks of their own, before the one that counts. */
export function accepts(open: OpenTrace, frame: FrameLine): boolean {
  if (open.kind === null) return true;
  if (open.kind === 'lockdep') return open.started || frame.shape === 'name';
  if (open.closed && !open.bare && open.kind !== 'bpf') return true;
  return frame.shape !== 'name' || open.started || open.bare;
}

/** Reports of CPUs, after which a panic may print the stack that they did not. */
const OF_CPUS: ReadonlySet<TraceKind | null> = new Set<TraceKind>(['soft_lockup', 'hard_lockup', 'rcu_stall', 'oops']);

/** One event prints several first lines: `BUG: ..` and `Oops: ..`; a stall, and the backtrace of the CPU that stalls. */
export function continues(open: OpenTrace, { kind, echo }: ReportHead): boolean {
  if (open.started || open.length > 0 || open.kind === null) return false;
  if (kind === 'task_state') return open.kind === 'hung_task' || open.kind === 'rcu_stall';
  if (kind === 'backtrace') return open.kind !== 'task_state' && open.kind !== 'hung_task';
  return kind === 'oops' && (echo === true ? OF_CPUS.has(open.kind) : open.kind === 'oops');
}

/** A comment, or dots where somebody shortened the stack. */
export function isRemark(text: string): boolean {
  return /^\s*(?:\/\/|\/\*|\*|#|;|\.\.\.|\u2026|\^|--|<[-=]|[^\x00-\x7f])/.test(text);
}

import type { StackFrame, Trace } from '../trace.ts';
import type { HiddenWait } from './knowledge.ts';

/** Shown on top of stacks by arm64 kernels before 5.17, which did not count it among the scheduler's functions. */
const SWITCH = '__switch_to';
const LEFT_OUT = '/proc/PID/stack leaves out the scheduler and the functions that wait in it';

/**
 * The frames of a trace, with those that its source leaves out. Only /proc/PID/stack and what was copied from it leaves any out:
 * it drops what lies in the scheduler's section of the kernel's code, wait_for_completion and schedule among it.
 */
export function putBack(trace: Trace, waits: readonly HiddenWait[]): readonly StackFrame[] {
  if (trace.kind !== 'proc') return trace.frames;
  const top = trace.frames[0]?.function === SWITCH ? 1 : 0;
  const visible = trace.frames[top];
  if (visible === undefined) return trace.frames;
  const known = waits.find(({ above }) => above.includes(visible.function));
  // Whoever has switched to another task has called schedule; by way of what, only the table knows.
  const calls = known?.calls ?? (top > 0 ? ['schedule'] : []);
  const because = `${LEFT_OUT}; ${visible.function} calls ${calls.join(', which calls ')}`;
  const hidden = [...calls].reverse().map((name) => inferred(name, because));
  return [...trace.frames.slice(0, top), ...hidden, ...trace.frames.slice(top)];
}

function inferred(name: string, because: string): StackFrame {
  return { function: name, module: null, unsure: false, inferred: because };
}

import type { Wait, Waker } from '../wait.ts';
import { anyOf } from './patterns.ts';

const INTERRUPT = '(interrupt)';

/**
 * Wakers as they were: what an interrupt wakes is not woken by whoever it happened to interrupt, so its stack ends where
 * the interrupt came in, and it has no task's name.
 * @param entries names of functions, with `*` for any letters
 */
export function wakersOf(waits: readonly Wait[], entries: readonly string[]): Wait[] {
  const entry = anyOf(entries);
  return waits.map((wait) => (wait.waker === null ? wait : { ...wait, waker: cut(wait.waker, entry) }));
}

function cut(waker: Waker, entry: RegExp): Waker {
  const at = waker.stack.findIndex((name) => entry.test(name));
  if (at < 0) return waker;
  // Of several that stand together (common_interrupt under asm_common_interrupt), the outermost.
  let end = at + 1;
  while (entry.test(waker.stack[end] ?? '')) end += 1;
  return { comm: INTERRUPT, stack: waker.stack.slice(0, end) };
}

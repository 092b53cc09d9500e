import type { BlockedGroup, BlockedTask, Frame, Task } from './analysis.ts';

/** Frames as folded stacks write them: one line, outermost first, `;` between. */
export function foldStack(stack: readonly Frame[]): string {
  return stack
    .toReversed()
    .map(({ function: name }) => name.replaceAll(';', ':'))
    .join(';');
}

/** Tasks in D state, those that wait in the same place together, the longest blocked first. */
export function groupBlocked(tasks: readonly Task[]): BlockedGroup[] {
  const groups = new Map<string, Task[]>();
  for (const task of tasks.filter(isBlocked).toSorted(longestFirst)) {
    // Tasks without a stack have nothing in common that we know of.
    const key = task.stack.length > 0 ? foldStack(task.stack) : `pid ${task.pid}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()].map((members) => ({
    tasks: members.map(withoutStack),
    stack: members[0]?.stack ?? [],
  }));
}

function withoutStack(task: Task): BlockedTask {
  const { pid, comm, state, cpu, parent, blockedNs, killable, stackError } = task;
  return { pid, comm, state, cpu, parent, blockedNs, killable, stackError };
}

/** D is what people call hung; kernel threads that only idle are in I, which is not. */
export function isBlocked({ state }: Task): boolean {
  return state === 'D';
}

function longestFirst(a: Task, b: Task): number {
  return (b.blockedNs ?? -1) - (a.blockedNs ?? -1) || a.pid - b.pid;
}

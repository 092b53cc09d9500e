import { createHash } from 'node:crypto';

import type { Collection, TaskLook } from '../collection/collection.ts';
import type { Explanation, NextStep } from '../explanation.ts';
import type { Trace } from '../trace.ts';
import type { GroupedTask, GuestStacks, StackGroup, ToldTask } from './group.ts';

export type Explain = (trace: Trace) => Explanation;

/** One guest's tasks, from its latest look. */
export interface GuestTasks {
  readonly guest: string;
  readonly tasks: readonly TaskLook[];
}

/**
 * Puts the tasks together that stand in the same functions, over all guests. Stacks that most guests share come first, then
 * those of most tasks, then those that have lasted longest; whoever is not blocked comes last.
 */
export function foldStacks(all: readonly GuestTasks[], explain: Explain): StackGroup[] {
  const members = new Map<string, { task: TaskLook; guest: string }[]>();
  for (const { guest, tasks } of all) {
    for (const task of tasks) {
      const id = groupOf(task);
      const group = members.get(id);
      if (group === undefined) members.set(id, [{ task, guest }]);
      else group.push({ task, guest });
    }
  }
  return [...members].map(([id, group]) => makeGroup(id, group, explain)).sort(mostFirst);
}

/** The look at a guest, each task with its group and with what is known of that. */
export function tellTasks(collection: Collection, groups: readonly StackGroup[]): GuestStacks {
  const known = new Map(groups.map((group) => [group.id, group]));
  const told = (task: TaskLook): ToldTask => {
    const group = groupOf(task);
    const matches = (known.get(group)?.explanation?.matches ?? []).map(({ signature, category, confidence }) => ({
      signature,
      category,
      confidence,
    }));
    return { ...task, group, matches };
  };
  return {
    ...collection,
    blocked: collection.blocked.map(told),
    passing: collection.passing.map(told),
    others: collection.others.map(told),
  };
}

/** Id of the group that a task is in. Offsets and modules differ between builds of one kernel; functions do not. */
function groupOf(task: TaskLook): string {
  const frames = task.trace?.frames ?? [];
  const stack = frames.length > 0 ? frames.map((frame) => frame.function).join('\n') : `wchan ${task.wchan ?? ''}`;
  const kind = task.blocked ? 'blocked' : task.state;
  return createHash('sha256').update(`${kind}\n${stack}`).digest('hex').slice(0, 12);
}

function makeGroup(id: string, members: readonly { task: TaskLook; guest: string }[], explain: Explain): StackGroup {
  const tasks = members
    .map(({ guest, task }): GroupedTask => {
      const { pid, tid, comm, process, parent, state, cpu, seconds, hungTask } = task;
      return { guest, pid, tid, comm, process, parent, state, cpu, seconds, hungTask };
    })
    .sort((a, b) => (b.seconds ?? -1) - (a.seconds ?? -1));
  // The one that has waited longest stands for all.
  const longest = tasks[0];
  const first = members.find(({ task, guest }) => task.tid === longest?.tid && guest === longest.guest)?.task;
  return {
    id,
    blocked: first?.blocked ?? false,
    functions: first?.trace?.frames.map((frame) => frame.function) ?? [],
    wchan: first?.wchan ?? null,
    guests: [...new Set(members.map(({ guest }) => guest))],
    tasks,
    longestSeconds: longest?.seconds ?? null,
    hungTask: first?.hungTask ?? null,
    wait: first?.wait ?? null,
    explanation: first?.trace === undefined || first.trace === null ? null : aboutTask(explain(first.trace), first.tid),
  };
}

/** What to run next says PID for the task in question; here that is known. */
function aboutTask(explanation: Explanation, tid: number): Explanation {
  const named = (steps: readonly NextStep[]): NextStep[] =>
    steps.map((step) => ({ ...step, run: step.run.replaceAll(/\bPID\b/g, String(tid)) }));
  const { matches, general } = explanation;
  return {
    ...explanation,
    matches: matches.map((match) => ({ ...match, next: named(match.next) })),
    ...(general === undefined ? {} : { general: named(general) }),
  };
}

function mostFirst(a: StackGroup, b: StackGroup): number {
  return (
    Number(b.blocked) - Number(a.blocked) ||
    b.guests.length - a.guests.length ||
    b.tasks.length - a.tasks.length ||
    (b.longestSeconds ?? -1) - (a.longestSeconds ?? -1) ||
    (a.id < b.id ? -1 : 1)
  );
}

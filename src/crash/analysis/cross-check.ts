import type { AnalysisFinding, Task } from './analysis.ts';
import { isBlocked } from './stacks.ts';

/** A reader's list of tasks. */
export interface TaskList {
  readonly reader: string;
  readonly tasks: readonly Task[];
}

/**
 * Why a task list cannot be true; null when it can. A running kernel has at least init, kthreadd and some threads for each
 * CPU. crash 8.0.2 reads 2 of the 74 tasks of a 6.1 kernel and says nothing about it: believed, that would be "nobody is
 * blocked".
 */
export function implausible({ tasks }: TaskList, cpus: number | null): string | null {
  if (tasks.length === 0) return 'no task at all';
  if (!tasks.some(({ pid }) => pid === 1))
    return `${tasks.length === 1 ? '1 task' : `${tasks.length} tasks`} and no pid 1`;
  const least = (cpus ?? 1) + 2;
  return tasks.length < least ? `${tasks.length} tasks, where ${cpus ?? 1} CPUs alone need ${least}` : null;
}

export interface CheckedTasks {
  /** The list to go by: the first that can be true. */
  readonly list: TaskList | null;
  readonly findings: readonly AnalysisFinding[];
}

/** Holds the readers' lists against each other. @param lists the most trusted reader first */
export function crossCheck(lists: readonly TaskList[], cpus: number | null): CheckedTasks {
  const judged = lists.map((list) => ({ list, wrong: implausible(list, cpus) }));
  const good = judged.filter(({ wrong }) => wrong === null).map(({ list }) => list);
  const findings = judged.flatMap(({ list, wrong }) => (wrong === null ? [] : [broken(list.reader, wrong)]));
  return { list: good[0] ?? null, findings: [...findings, ...disagreement(good)] };
}

function broken(reader: string, wrong: string): AnalysisFinding {
  return {
    level: 'broken',
    text: `${reader} cannot read the tasks of this dump: it sees ${wrong}. Its list is not used.`,
    remedy: `a newer ${reader} may read this kernel`,
  };
}

function disagreement(lists: readonly TaskList[]): AnalysisFinding[] {
  const [first, ...others] = lists;
  if (first === undefined) return [];
  return others.map((other) => {
    const alike = first.tasks.length === other.tasks.length && blocked(first) === blocked(other);
    const said = lists.map(
      (list) => `${list.reader} counts ${list.tasks.length} tasks, ${blocked(list)} of them blocked`,
    );
    return {
      level: alike ? 'note' : 'suspect',
      text: alike ? `${said[0] ?? ''}; so does ${other.reader}` : `The readers disagree: ${said.join('; ')}.`,
      remedy: alike ? null : `what ${first.reader} says is shown`,
    };
  });
}

function blocked({ tasks }: TaskList): number {
  return tasks.filter(isBlocked).length;
}

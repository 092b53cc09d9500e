import type { GroupedTask, StackGroup } from '../investigate/stacks/group.ts';
import { age } from './quantities.ts';

/** How long a task has not run. */
export function blockedFor(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 10 ? `${seconds.toFixed(1)} s` : age(seconds);
}

/** What khungtaskd makes of it. */
export const HUNG_TASK_WORDS = {
  counted: 'hung_task counts it',
  killable: 'killable',
  frozen: 'frozen',
} as const;

/** The innermost functions, as a name for a stack. */
export function stackName({ functions, wchan }: Pick<StackGroup, 'functions' | 'wchan'>): string {
  if (functions.length > 0) return functions.slice(0, 3).join(' < ');
  return wchan === null ? 'no stack could be read' : `in ${wchan}, no stack could be read`;
}

/** `Xorg 1458`, and the thread where it is not the first of its process. */
export function taskName({ pid, tid, comm, process }: GroupedTask): string {
  if (pid === tid) return `${comm} ${tid}`;
  return comm === process ? `${comm} ${pid}, thread ${tid}` : `${process} ${pid}, thread ${comm} ${tid}`;
}

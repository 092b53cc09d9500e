import type { CpuLook, Kworker, RunnableTask } from './collection.ts';
import type { FileLines } from './file-lines.ts';
import { taskPath } from './tasks.ts';
import type { ThreadLine } from './threads.ts';

const POLICIES: Readonly<Record<number, string>> = { 1: 'FIFO', 2: 'RR', 6: 'DEADLINE' };

/** Each processor between the looks: how idle, how much of it the host took, and who wants to run there. */
export function readCpus(
  threads: readonly ThreadLine[],
  before: FileLines,
  after: FileLines,
  isolated: ReadonlySet<number>,
): CpuLook[] {
  const [first, second] = [times(before.get('/proc/stat')), times(after.get('/proc/stat'))];
  const runnable = threads.filter(({ state }) => state === 'R');
  return [...second].map(([cpu, end]): CpuLook => {
    const begin = first.get(cpu);
    const passed = begin === undefined ? [] : end.map((value, at) => Math.max(0, value - (begin[at] ?? 0)));
    const total = passed.reduce((sum, value) => sum + value, 0);
    const share = (at: readonly number[]): number | null =>
      total === 0 ? null : at.reduce((sum, each) => sum + (passed[each] ?? 0), 0) / total;
    return {
      cpu,
      idle: share([3, 4]),
      steal: share([7]),
      isolated: isolated.has(cpu),
      runnable: runnable
        .flatMap((thread) => stillRunnable(thread, cpu, after))
        .sort((a, b) => Number(b.realTime !== null) - Number(a.realTime !== null) || b.ticks - a.ticks),
    };
  });
}

/** Workers bound to one processor that neither sleep nor idle: they work, wait in a work, or wait for their turn. */
export function readKworkers(threads: readonly ThreadLine[]): Kworker[] {
  return threads.flatMap(({ tid, comm, state }): Kworker[] => {
    const cpu = /^kworker\/(\d+):/.exec(comm)?.[1];
    return cpu === undefined || !/[DR]/.test(state) ? [] : [{ tid, comm, cpu: Number(cpu), state }];
  });
}

/** `0-2,5` as numbers. */
export function cpuList(text: string): Set<number> {
  const cpus = new Set<number>();
  for (const [, from = '', to] of text.matchAll(/(\d+)(?:-(\d+))?/g))
    for (let cpu = Number(from); cpu <= Number(to ?? from) && cpus.size < 8192; cpu += 1) cpus.add(cpu);
  return cpus;
}

/** A task that the second look does not find any more was one of the collector's own, or just as short. */
function stillRunnable(thread: ThreadLine, cpu: number, after: FileLines): RunnableTask[] {
  const stat = after.get(`${taskPath(thread)}/stat`)?.[0] ?? '';
  const fields = /^\d+ \(.*\) (.*)$/.exec(stat)?.[1]?.split(' ') ?? [];
  if (fields[0] !== 'R' || Number(fields[36]) !== cpu) return [];
  const policy = POLICIES[thread.policy];
  return [
    {
      tid: thread.tid,
      comm: thread.comm,
      realTime: policy === undefined ? null : `${policy} ${thread.priority}`,
      ticks: Math.max(0, Number(fields[11]) + Number(fields[12]) - thread.ticks),
    },
  ];
}

/** cpu -> user, nice, system, idle, iowait, irq, softirq, steal. */
function times(stat: readonly string[] | undefined): Map<number, number[]> {
  return new Map(
    (stat ?? []).flatMap((line) => {
      const match = /^cpu(\d+) (.*)$/.exec(line);
      return match === null ? [] : [[Number(match[1]), (match[2] ?? '').split(' ', 8).map(Number)] as const];
    }),
  );
}

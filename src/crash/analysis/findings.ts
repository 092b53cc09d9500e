import type { DumpIdentity } from '../dump-identity.ts';
import type { AnalysisFinding, LogReport, Memory, SlabCache, TaintFlag, Workqueues } from './analysis.ts';
import type { TaskList } from './cross-check.ts';
import { isBlocked } from './stacks.ts';
import type { NoSymbols, Symbols } from './symbols/symbols.ts';

/** A quarter of the memory in slabs that cannot be taken back: a leak looks like that (virtio_gpu fences did). */
const MUCH_SLAB = 0.25;
const LITTLE_AVAILABLE = 0.05;

export function symbolFindings(symbols: Symbols | NoSymbols | null, { release }: DumpIdentity): AnalysisFinding[] {
  if (symbols === null) return [note('Read without symbols, as asked: only the kernel log is known.')];
  if (!('vmlinux' in symbols)) return [note(`Read without symbols: ${symbols.reason}.`, symbols.remedy)];
  if (symbols.proven) return [];
  const text = `The dump of ${release ?? 'this kernel'} names no build-id (kernels before 5.9 do not), so it was not proven that the vmlinux fits.`;
  return [{ level: 'suspect', text, remedy: null }];
}

/** The kernel complained about tasks that the reader does not see as blocked: they got on in between, or it is wrong. */
export function logFindings(reports: readonly LogReport[], list: TaskList | null): AnalysisFinding[] {
  if (list === null) return [];
  const blocked = new Set(list.tasks.filter(isBlocked).map(({ pid }) => pid));
  const gone = new Map(
    reports.flatMap(({ kind, task }) =>
      kind === 'hung_task' && task && !blocked.has(task.pid) ? [[task.pid, task.comm]] : [],
    ),
  );
  if (gone.size === 0) return [];
  const names = [...gone].map(([pid, comm]) => `${comm} (pid ${pid})`).join(', ');
  return [note(`The log says that ${names} hung, but ${list.reader} does not see that in the dump: it got on again.`)];
}

export function memoryFindings(memory: Memory | null, slabs: readonly SlabCache[] | null): AnalysisFinding[] {
  if (memory === null) return [];
  const findings = memory.zones
    .filter(({ free, min }) => free < min)
    .map(({ name }) =>
      suspect(`Zone ${name} is below its min watermark: allocations there wait for reclaim, or fail.`),
    );
  if (memory.available < memory.total * LITTLE_AVAILABLE) {
    findings.push(suspect(`Only ${percent(memory.available, memory.total)} of the memory is available.`));
  }
  if (memory.slabUnreclaimable > memory.total * MUCH_SLAB) {
    const [top] = slabs ?? [];
    const most = top === undefined ? '' : `; ${top.name} holds the most, with ${top.objects} objects`;
    findings.push(
      suspect(`${percent(memory.slabUnreclaimable, memory.total)} of the memory is unreclaimable slab${most}.`),
    );
  }
  return findings;
}

/**
 * Work that nobody is going to do: every worker of the pool sleeps in its own work, and none is left to take the next.
 * Work on the list while workers idle is normal: it was queued a moment before the crash.
 */
export function workqueueFindings(workqueues: Workqueues | null): AnalysisFinding[] {
  return (workqueues?.pools ?? []).flatMap(({ cpu, idle, running, busy, pendingCount }) => {
    const where = cpu < 0 ? 'an unbound worker pool' : `the worker pool of CPU ${cpu}`;
    const stuck = busy
      .filter(({ state }) => state === 'D')
      .map((worker) =>
        suspect(
          `${worker.comm} (pid ${worker.pid}) of ${where} is blocked in ${worker.function ?? 'its work'}${worker.workqueue === null ? '' : ` of ${worker.workqueue}`}.`,
        ),
      );
    if (pendingCount === 0 || idle > 0 || running > 0) return stuck;
    return [...stuck, suspect(`${pendingCount} work items wait in ${where}, and no worker of it can run.`)];
  });
}

export function taintFindings(taint: readonly TaintFlag[]): AnalysisFinding[] {
  return taint
    .filter(({ suspect: bears }) => bears)
    .map(({ letter, meaning }) => note(`The kernel is tainted (${letter}): ${meaning}.`));
}

function suspect(text: string): AnalysisFinding {
  return { level: 'suspect', text, remedy: null };
}

function note(text: string, remedy: string | null = null): AnalysisFinding {
  return { level: 'note', text, remedy };
}

function percent(part: number, whole: number): string {
  return `${Math.round((part / whole) * 100)} %`;
}

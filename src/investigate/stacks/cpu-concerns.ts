import type { Context, CpuLook } from '../collection/collection.ts';

/** A processor that is less idle than this has no time for anybody new. */
const BUSY = 0.05;
/** The host takes so much that a worker may not get to run for long. */
const STOLEN = 0.3;

/**
 * The per-CPU kworker check: what may keep a processor's workers from running, so that whoever flushes a work of theirs
 * waits for ever. One sentence each; empty: none was seen between the two looks.
 */
export function cpuConcerns({ cpus, kworkers }: Pick<Context, 'cpus' | 'kworkers'>): string[] {
  return [
    ...cpus.flatMap((cpu) => concernsOf(cpu, waiting(cpu, kworkers))),
    ...kworkers
      .filter(({ state }) => state === 'D')
      .map(({ comm, tid, cpu }) => `CPU ${cpu}: its worker ${comm} (${tid}) is itself blocked`),
  ];
}

function waiting({ cpu }: CpuLook, kworkers: Context['kworkers']): string {
  const names = kworkers.filter((each) => each.cpu === cpu && each.state === 'R').map(({ comm }) => comm);
  return names.length === 0 ? '' : `, and ${names.join(', ')} would run`;
}

function concernsOf({ cpu, idle, steal, isolated, runnable }: CpuLook, workers: string): string[] {
  const concerns: string[] = [];
  if (steal !== null && steal >= STOLEN) concerns.push(`CPU ${cpu}: the host took ${percent(steal)} of it${workers}`);
  const [first] = runnable;
  if (idle === null || idle >= BUSY || first === undefined) return concerns;
  const where = isolated ? ', an isolated CPU' : '';
  if (first.realTime !== null)
    concerns.push(
      `CPU ${cpu}${where}: ${first.comm} (${first.tid}, ${first.realTime}) leaves no time to others${workers}`,
    );
  else if (workers !== '') concerns.push(`CPU ${cpu}${where}: busy with ${first.comm} (${first.tid})${workers}`);
  return concerns;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

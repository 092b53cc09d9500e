import type { Analysis, BlockedTask, LogReport } from '../../crash/analysis/analysis.ts';
import { count, duration, memorySize } from '../quantities.ts';

/** What both the terminal and the report say, in the same words. */

/** A list keeps its items whole where a line ends. */
export type Fact = readonly [label: string, text: string | readonly string[]];

/** Who and what crashed. What is not known is left out. */
export function crashFacts({ panic, kernel, dump, symbols }: Analysis): Fact[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ['panic', panic.reason ?? (dump.crashedAt === null ? 'none: the dump was made of a running system' : null)],
    ['meaning', join([panic.trigger, panic.meaning], ': ')],
    ['by', panic.task === null ? null : named(panic.task) + onCpu(panic.task.cpu)],
    ['at', join([dump.crashedAt, kernel.uptimeSeconds === null ? null : `up ${uptime(kernel.uptimeSeconds)}`], ', ')],
    ['guest', join([kernel.nodename, kernel.machine, kernel.cpus === null ? null : count(kernel.cpus, 'CPU')], ', ')],
    ['kernel', join([kernel.release, kernel.version], ' ')],
    ['build-id', kernel.buildId],
    ['taint', kernel.taint.map(({ letter, name }) => `${letter} ${name}`).join(', ') || 'none'],
    ['symbols', symbols === null ? 'none' : `${symbols.vmlinux} (${symbols.from})`],
    ['dump', `${dump.file} (${dump.format}, ${memorySize(dump.bytes)})`],
  ];
  return facts.flatMap(([label, text]) => (text === null || text === '' ? [] : [[label, text] as const]));
}

/** How many are blocked; never "nobody" where that is not known. */
export function blockedTitle({ blocked, tasks }: Analysis): string {
  if (blocked === null) return 'Who is blocked is not known';
  const number = blocked.reduce((sum, group) => sum + group.tasks.length, 0);
  if (tasks === null) return `${count(number, 'task')} blocked, as far as the kernel's log says`;
  return number === 0
    ? `None of ${tasks.total} tasks is blocked`
    : `${number} of ${tasks.total} tasks ${number === 1 ? 'is' : 'are'} blocked`;
}

/** What the kernel complained about; stacks that it printed on request are no complaint. */
export function complaints({ reports }: Analysis): readonly LogReport[] {
  return reports.filter(({ kind }) => kind !== 'backtrace' && kind !== 'task_state');
}

/** `Xorg (pid 1458)` */
export function named({ comm, pid }: Pick<BlockedTask, 'comm' | 'pid'>): string {
  return `${comm} (pid ${pid})`;
}

export function blockedFor({ blockedNs, killable, cpu, parent }: BlockedTask): string {
  return join(
    [
      blockedNs === null ? null : `for ${duration(blockedNs / 1e6)}`,
      killable ? 'can be killed' : null,
      cpu === null ? null : `CPU ${cpu}`,
      parent === null ? null : `parent ${parent}`,
    ],
    ', ',
  );
}

export function memoryFacts({ memory, slabs, processes }: Analysis): Fact[] {
  if (memory === null) return [];
  const share = (bytes: number): string =>
    memory.total === 0 ? '' : ` (${Math.round((bytes / memory.total) * 100)} %)`;
  const size = memorySize;
  const swap = memory.swapTotal === 0 ? 'no swap' : `${size(memory.swapFree)} of ${size(memory.swapTotal)} free`;
  return [
    ['total', size(memory.total)],
    ['available', `${size(memory.available)}${share(memory.available)}, free ${size(memory.free)}`],
    ['user', `anonymous ${size(memory.anonymous)}, file ${size(memory.file)}, shared ${size(memory.shared)}`],
    ['dirty', `${size(memory.dirty)}, under writeback ${size(memory.writeback)}`],
    [
      'slab',
      `unreclaimable ${size(memory.slabUnreclaimable)}${share(memory.slabUnreclaimable)}, reclaimable ${size(memory.slabReclaimable)}`,
    ],
    ['kernel', `stacks ${size(memory.kernelStacks)}, page tables ${size(memory.pageTables)}`],
    ['swap', swap],
    ...memory.zones.map(({ name, free, min, low, managed }): Fact => [
      `zone ${name}`,
      `free ${size(free)} of ${size(managed)}, min ${size(min)}, low ${size(low)}`,
    ]),
    ...list(
      'slabs',
      (slabs ?? []).slice(0, 5).map(({ name, bytes, objects }) => `${name} ${size(bytes)} in ${objects} objects`),
    ),
    ...list(
      'resident',
      (processes ?? []).map(({ comm, pid, rss }) => `${named({ comm, pid })} ${size(rss)}`),
    ),
  ];
}

/** Pools with work, then work that its queue's limit holds back. */
export function workqueueFacts({ workqueues }: Analysis): Fact[] {
  if (workqueues === null) return [];
  const pools = workqueues.pools.flatMap((pool): Fact[] => {
    const label = pool.cpu < 0 ? `pool ${pool.id}, any CPU` : `CPU ${pool.cpu}${pool.nice < 0 ? ' high' : ''}`;
    return [
      [label, `${count(pool.workers, 'worker')}, ${pool.idle} idle, ${count(pool.pendingCount, 'work item')} waiting`],
      ...pool.busy.map((worker): Fact => ['', `${named(worker)} in ${worker.state}: ${work(worker)}`]),
      ...list(
        '',
        pool.pending.map((item, index) => (index === 0 ? 'waiting: ' : '') + work(item)),
      ),
    ];
  });
  const held = workqueues.heldBack.map((item): Fact => [
    item.workqueue,
    `${count(item.count, 'work item')} held back by its limit: ${item.function ?? '?'}`,
  ]);
  return [...pools, ...held];
}

function work({ function: name, workqueue }: { function: string | null; workqueue: string | null }): string {
  return `${name ?? '?'}${workqueue === null ? '' : ` of ${workqueue}`}`;
}

function list(label: string, texts: readonly string[]): Fact[] {
  return texts.length === 0 ? [] : [[label, texts]];
}

function onCpu(cpu: number | null): string {
  return cpu === null ? '' : ` on CPU ${cpu}`;
}

function uptime(seconds: number): string {
  if (seconds < 3600) return duration(seconds * 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${minutes} min`;
}

function join(parts: readonly (string | null)[], separator: string): string {
  return parts.filter((part) => part !== null && part !== '').join(separator);
}

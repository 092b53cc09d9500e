import * as z from 'zod';
import type { Frame, Memory, ResidentProcess, SlabCache, Task, Workqueues } from '../analysis.ts';

const frame = z.object({
  function: z.string(),
  source: z.string().nullable(),
  inline: z.boolean(),
  module: z.string().nullable(),
});

const task = z.object({
  pid: z.int(),
  comm: z.string(),
  state: z.string().default('?'),
  killable: z.boolean().default(false),
  cpu: z.int().nullable().default(null),
  parent: z.int().nullable().default(null),
  blocked_ns: z.number().nullable().default(null),
  stack: z.array(frame),
  stack_error: z.string().nullable().default(null),
});

const bytes = z.number().min(0);
const zone = z.object({ name: z.string(), managed: bytes, free: bytes, min: bytes, low: bytes, high: bytes });
const memory = z.object({
  total: bytes,
  free: bytes,
  available: bytes,
  anonymous: bytes,
  file: bytes,
  shared: bytes,
  dirty: bytes,
  writeback: bytes,
  slab_reclaimable: bytes,
  slab_unreclaimable: bytes,
  kernel_stacks: bytes,
  page_tables: bytes,
  swap_total: bytes,
  swap_free: bytes,
  zones: z.array(zone),
});

const work = z.object({ function: z.string().nullable(), workqueue: z.string().nullable() });
const worker = work.extend({ pid: z.int(), comm: z.string(), state: z.string() });
const workqueues = z.object({
  pools: z.array(
    z.object({
      id: z.int(),
      cpu: z.int(),
      nice: z.int(),
      workers: z.int(),
      idle: z.int(),
      running: z.int(),
      busy: z.array(worker),
      pending: z.array(work),
      pending_count: z.int(),
    }),
  ),
  held_back: z.array(
    z.object({ workqueue: z.string(), cpu: z.int(), count: z.int(), function: z.string().nullable() }),
  ),
});

/** What templates/analysis/vmcore.py prints, section by section. */
const SECTIONS = {
  kernel: z.object({
    release: z.string(),
    version: z.string(),
    machine: z.string(),
    nodename: z.string(),
    cmdline: z.string().nullable(),
    cpus: z.int(),
    uptime_seconds: z.number().nullable(),
    tainted: z.number(),
    modules: z.array(z.string()),
  }),
  panic: z.object({ pid: z.int(), comm: z.string(), cpu: z.int() }).nullable(),
  tasks: z.array(task),
  memory,
  slabs: z.array(z.object({ name: z.string(), bytes, objects: z.number(), object_size: z.number() })),
  processes: z.array(z.object({ pid: z.int(), comm: z.string(), rss: bytes })),
  workqueues,
  log: z.string(),
};

type Sections = { readonly [S in keyof typeof SECTIONS]?: z.output<(typeof SECTIONS)[S]> };

/** What drgn said; a section that failed is not there, and `errors` says why. */
export interface DrgnAnswer {
  readonly kernel: Sections['kernel'] | null;
  readonly panic: Sections['panic'] | null;
  readonly tasks: readonly Task[] | null;
  readonly memory: Memory | null;
  readonly slabs: readonly SlabCache[] | null;
  readonly processes: readonly ResidentProcess[] | null;
  readonly workqueues: Workqueues | null;
  readonly log: string | null;
  readonly errors: readonly { readonly section: string; readonly error: string }[];
}

const row = z.object({ section: z.string(), value: z.unknown().optional(), error: z.string().optional() });

/** Reads the script's lines. Anything that is no such line is passed over: drgn has warnings of its own. */
export function parseDrgn(output: string): DrgnAnswer {
  const sections: Record<string, unknown> = {};
  const errors: { section: string; error: string }[] = [];
  for (const line of output.split('\n')) {
    const parsed = row.safeParse(jsonOf(line));
    if (!parsed.success) continue;
    const { section, value, error } = parsed.data;
    const schema = Object.hasOwn(SECTIONS, section) ? SECTIONS[section as keyof typeof SECTIONS] : undefined;
    const checked = error === undefined ? schema?.safeParse(value) : undefined;
    if (checked?.success === true) sections[section] = checked.data;
    else if (error !== undefined) errors.push({ section, error });
    else if (checked)
      errors.push({
        section,
        error: `an answer of an unknown form (${checked.error.issues[0]?.path.join('.') ?? ''})`,
      });
  }
  const seen = new Set([...Object.keys(sections), ...errors.map(({ section }) => section)]);
  for (const section of Object.keys(SECTIONS)) {
    if (!seen.has(section)) errors.push({ section, error: 'drgn ended before it answered' });
  }
  return { ...shaped(sections), errors };
}

function shaped({ kernel, panic, tasks, memory: found, slabs, processes, workqueues: queues, log }: Sections) {
  return {
    kernel: kernel ?? null,
    panic: panic ?? null,
    tasks: tasks?.map(toTask) ?? null,
    memory: found === undefined ? null : toMemory(found),
    slabs: slabs?.map(({ object_size: objectSize, ...rest }) => ({ ...rest, objectSize })) ?? null,
    processes: processes ?? null,
    workqueues: queues === undefined ? null : toWorkqueues(queues),
    log: log ?? null,
  };
}

function toTask({ blocked_ns: blockedNs, stack_error: stackError, stack, ...rest }: z.output<typeof task>): Task {
  return { ...rest, blockedNs, stackError, stack: stack.map(toFrame) };
}

/** `/build/linux-6.1.192/fs/namespace.c:402:2` -> `fs/namespace.c:402`: where it was built and the column tell nothing. */
function toFrame({ source, ...rest }: z.output<typeof frame>): Frame {
  const place = source?.replace(/^\/.*?\/linux-[^/]+\//, '').replace(/^\.\//, '') ?? null;
  return { ...rest, source: place?.replace(/^(.*:\d+):\d+$/, '$1') ?? null };
}

function toMemory(found: z.output<typeof memory>): Memory {
  const { slab_reclaimable, slab_unreclaimable, kernel_stacks, page_tables, swap_total, swap_free, ...rest } = found;
  return {
    ...rest,
    slabReclaimable: slab_reclaimable,
    slabUnreclaimable: slab_unreclaimable,
    kernelStacks: kernel_stacks,
    pageTables: page_tables,
    swapTotal: swap_total,
    swapFree: swap_free,
  };
}

function toWorkqueues({ pools, held_back: heldBack }: z.output<typeof workqueues>): Workqueues {
  return {
    pools: pools.map(({ pending_count: pendingCount, ...rest }) => ({ ...rest, pendingCount })),
    heldBack,
  };
}

function jsonOf(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

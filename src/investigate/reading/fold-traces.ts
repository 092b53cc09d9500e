import type { Trace, TraceTask } from '../trace.ts';

/** Stacks that are alike: where they were read, and whose they are. */
export interface TraceGroup {
  /** The first of them; of hung tasks the one that was blocked for longest. */
  readonly trace: Trace;
  /** How many there were. */
  readonly count: number;
  /** Whose, each once, the first ones. */
  readonly tasks: readonly TraceTask[];
  /** There are more than `tasks` has. */
  readonly moreTasks: boolean;
  /** Sum of the weights. */
  readonly weight: number;
}

/** More different stacks than this are no evidence but a load test; tasks are called by name up to a number. */
const MOST_GROUPS = 2000;
const MOST_TASKS = 64;

interface Growing {
  trace: Trace;
  count: number;
  weight: number;
  moreTasks: boolean;
  readonly tasks: Map<string, TraceTask>;
}

/** Folds stacks that are alike, as they come. Keeps a bounded number of different ones, and counts what it does not keep. */
export class TraceFold {
  readonly #groups = new Map<string, Growing>();
  #dropped = 0;
  #count = 0;

  add(trace: Trace): void {
    this.#count += 1;
    const key = keyOf(trace);
    const known = this.#groups.get(key);
    if (known) grow(known, trace);
    else if (this.#groups.size < MOST_GROUPS) {
      const fresh = { trace, count: 0, weight: 0, moreTasks: false, tasks: new Map<string, TraceTask>() };
      grow(fresh, trace);
      this.#groups.set(key, fresh);
    } else this.#dropped += 1;
  }

  /** In the order in which they were met. */
  get groups(): TraceGroup[] {
    return [...this.#groups.values()].map(({ trace, count, weight, tasks, moreTasks }) => ({
      trace,
      count,
      weight,
      tasks: [...tasks.values()],
      moreTasks,
    }));
  }

  /** Stacks that were read. */
  get count(): number {
    return this.#count;
  }

  /** Stacks that are in no group: there were too many different ones. */
  get dropped(): number {
    return this.#dropped;
  }
}

function grow(group: Growing, trace: Trace): void {
  group.count += 1;
  group.weight += trace.weight;
  if ((trace.blockedSeconds ?? 0) > (group.trace.blockedSeconds ?? 0)) {
    group.trace = { ...trace, line: group.trace.line };
  }
  if (trace.task === null) return;
  const name = `${trace.task.pid ?? ''} ${trace.task.comm}`;
  if (group.tasks.has(name)) return;
  if (group.tasks.size < MOST_TASKS) group.tasks.set(name, trace.task);
  else group.moreTasks = true;
}

/** Reports of different kinds say different things about one stack. Without frames, the words of the headline tell. */
function keyOf({ kind, state, frames, headline }: Trace): string {
  if (frames.length === 0) return `${kind} ${(headline ?? '').replaceAll(/\d+|\[.*\]/g, '#')}`;
  const names = frames.map((frame) => `${frame.unsure ? '?' : ''}${frame.function}${frame.module === null ? '' : '@'}`);
  return `${kind} ${state ?? ''} ${names.join(' ')}`;
}

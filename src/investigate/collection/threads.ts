import { linesOf, type Sections } from '../../facts/sections.ts';

/** One thread as the first look saw it. */
export interface ThreadLine {
  readonly pid: number;
  readonly tid: number;
  readonly state: string;
  readonly parent: number;
  readonly flags: number;
  /** User and system time, ticks of 10 ms. */
  readonly ticks: number;
  /** When it began, ticks after boot. */
  readonly started: number;
  readonly cpu: number;
  readonly priority: number;
  /** Scheduling policy: 0 ordinary, 1 FIFO, 2 RR, 6 DEADLINE. */
  readonly policy: number;
  readonly comm: string;
}

export interface ThreadsLook {
  readonly listed: number;
  readonly read: number;
  readonly states: Readonly<Record<string, number>>;
  readonly lines: readonly ThreadLine[];
  /** tid of a process's first thread -> its name. */
  readonly names: ReadonlyMap<number, string>;
}

const FIELDS = 10;

/** The section of all threads. What was read in several passes is counted together. */
export function readThreads(sections: Sections): ThreadsLook {
  let [listed, read] = [0, 0];
  const states: Record<string, number> = {};
  const lines: ThreadLine[] = [];
  const names = new Map<number, string>();
  for (const line of linesOf(sections, 'threads')) {
    if (line.startsWith('listed ')) listed = Number(line.slice(7));
    else if (line.startsWith('read ')) read += Number(line.slice(5));
    else if (line.startsWith('states')) {
      for (const [, state = '', count = ''] of line.matchAll(/ (\w)(\d+)/g))
        states[state] = (states[state] ?? 0) + Number(count);
    } else {
      const thread = readThread(line);
      if (thread === null) continue;
      lines.push(thread);
      if (thread.pid === thread.tid) names.set(thread.tid, thread.comm);
    }
  }
  return { listed, read, states, lines, names };
}

function readThread(line: string): ThreadLine | null {
  const match = /^(\d+) (\d+) (\w) ((?:-?\d+ ){7})(.*)$/.exec(line);
  if (match === null) return null;
  const [, pid, tid, state = '', numbers = '', comm = ''] = match;
  const [parent = 0, flags = 0, ticks = 0, started = 0, cpu = 0, priority = 0, policy = 0] = numbers
    .trim()
    .split(' ', FIELDS)
    .map(Number);
  return {
    pid: Number(pid),
    tid: Number(tid),
    state,
    parent,
    flags,
    ticks,
    started,
    cpu,
    priority,
    policy,
    comm: unescaped(comm),
  };
}

/** The kernel writes a newline in a name as \n, and a backslash as \\. */
function unescaped(comm: string): string {
  return comm.replaceAll(/\\(n|\\)/g, (_whole, letter: string) => (letter === 'n' ? '\n' : '\\'));
}

import type { TraceTask } from '../trace.ts';

/** Whose the stack below is, where no report of the kernel says it. */
export interface Heading {
  readonly task: TraceTask | null;
  readonly state: string | null;
  readonly blockedSeconds: number | null;
  readonly cpu: number | null;
  /** crash printed it. */
  readonly crash: boolean;
  /** What follows the heading in its own line: `grep -r . /proc/12/stack` has a frame there. */
  readonly rest: string;
}

/** `==> /proc/12/stack <==`, `$ sudo cat /proc/12/task/13/stack`, `/proc/12/stack:[<0>] f+0x1/0x2`. */
const PROC_PATH = /\/proc\/(\d+|self)(?:\/task\/(\d+))?\/stack\b(:?)/;
/** `PID: 1458   TASK: ffff9b3c4a5b8000  CPU: 0   COMMAND: "Xorg"`, after `ps -m` with `[0 00:02:03.456] [UN]` before it. */
const CRASH =
  /^\s*(?:\[\s*(\d+) (\d+):(\d\d):(\d\d)\.\d+\]\s+)?(?:\[([A-Z]{2})\]\s+)?PID: (\d+)\s+TASK: [0-9a-f]+\s+CPU: (\d+)\s+COMMAND: "([^"]{0,64})"/;
const CRASH_STATES: Readonly<Record<string, string>> = {
  UN: 'D',
  RU: 'R',
  IN: 'S',
  ID: 'I',
  ST: 'T',
  ZO: 'Z',
  DE: 'X',
};
/** `PID 123 (Xorg):`, `pid=123 comm=Xorg`, `Xorg (123)`, `=== 123 Xorg D ===`, `--- Xorg/123 ---`, and the line of /proc/PID/stat. */
const NAMED = [
  /^\W{0,8}(?:pid|tid|task|process|thread)\b[\s:=#]{1,3}(?<pid>\d{1,8})\s{0,2}[([{"'](?<comm>[^()[\]{}"']{1,16})[)\]}"'](?:[\s,:]{1,3}(?:state[\s:=]{1,3})?(?<state>[RSDTtXZPI])\b.{0,20})?\W{0,8}$/i,
  /^(?<pid>\d{1,8}) \((?<comm>[^()]{1,16}|\([^()]{1,14}\))\) (?<state>[RSDTtXZPI])\b/,
  /^\W{0,8}(?:pid|tid|task|process|thread)\b[\s:=#]{1,3}(?<pid>\d{1,8})[\s:,]{0,3}(?:comm(?:and)?[\s:=]{1,3}|\(|")?(?<comm>[\w:/.@+-]{1,16})?[)"]?(?:[\s,:(]{1,3}(?:state[\s:=]{1,3})?(?<state>[RSDTtXZPI])\b.{0,20})?\W{0,8}$/i,
  /^\W{0,8}(?:comm[\s:=]{1,3})?(?<comm>[A-Za-z][\w:/.@+ -]{0,14}[\w+-]) ?\((?:pid[\s:=]{0,3})?(?<pid>\d{1,8})\)(?:[\s,]{1,3}(?<state>[RSDTtXZPI])\b)?\W{0,8}$/,
  /^[=#*-]{2,8} (?<pid>\d{1,8}) (?<comm>[\w:/.@+-]{1,16})(?: (?<state>[RSDTtXZPI]))? ?[=#*-]{0,8}$/,
  /^[=#*-]{2,8} (?<comm>[A-Za-z][\w:/.@+-]{0,15})[/:](?<pid>\d{1,8}) ?[=#*-]{0,8}$/,
];
const LONGEST = 200;

/** The heading that a line is, null for any other. */
export function readHeading(text: string): Heading | null {
  if (text.length > LONGEST) return null;
  if (text.includes('/proc/')) return procHeading(text);
  return text.includes('COMMAND:') ? crashHeading(text) : namedHeading(text);
}

function procHeading(text: string): Heading | null {
  const match = PROC_PATH.exec(text);
  if (match === null) return null;
  const [all, pid, tid, colon] = match;
  const own = tid ?? pid;
  const rest = colon === ':' ? text.slice(match.index + all.length) : '';
  // `cat: /proc/1/stack: Permission denied`
  if (/^\s+[A-Z][a-z]+ /.test(rest)) return null;
  const task = own === undefined || own === 'self' ? null : { pid: Number(own), comm: '' };
  return { ...NOBODY, task, rest };
}

function crashHeading(text: string): Heading | null {
  const match = CRASH.exec(text);
  if (match === null) return null;
  const [, days, hours, minutes, seconds, state, pid, cpu, comm = ''] = match;
  const time = [days, hours, minutes, seconds].map(Number);
  const blocked = days === undefined ? null : time.reduce((sum, part, index) => sum + part * (UNITS[index] ?? 0), 0);
  return {
    task: { pid: Number(pid), comm },
    state: CRASH_STATES[state ?? ''] ?? null,
    blockedSeconds: blocked,
    cpu: Number(cpu),
    crash: true,
    rest: '',
  };
}

const UNITS = [86_400, 3600, 60, 1];

function namedHeading(text: string): Heading | null {
  for (const pattern of NAMED) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const { pid, comm = '', state } = groups as Readonly<Record<string, string | undefined>>;
    return {
      ...NOBODY,
      task: { pid: Number(pid), comm },
      state: state === undefined ? null : state === 't' ? state : state.toUpperCase(),
    };
  }
  return null;
}

const NOBODY: Heading = { task: null, state: null, blockedSeconds: null, cpu: null, crash: false, rest: '' };

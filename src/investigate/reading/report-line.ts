import { readHeadline } from '../../crash/analysis/log/headline.ts';
import type { BlockedOn, TraceKind, TraceTask } from '../trace.ts';

/** The first line of a kernel's report. */
export interface ReportHead {
  /** Null: a report that has no stack of its own, and ends the one before it. */
  readonly kind: TraceKind | null;
  readonly task: TraceTask | null;
  readonly state: string | null;
  readonly blockedSeconds: number | null;
  readonly cpu: number | null;
  /** A panic is mostly the consequence of a report before it, and says nothing where it has no stack of its own. */
  readonly echo?: true;
}

/** A line that may begin a report has one of these; looking for them is cheaper than trying every first line. */
const MAYBE =
  /INFO: |BUG\b|WARNING|Oops|oom-killer|LOCKUP|NMI|^task:|Unable|unable|general protection|NULL pointer|divide error|invalid opcode|stack segment|^int3|^sysrq|Kernel panic|locks? held|0x[0-9a-f]{8}$|^Allocated by|^Freed by|^Last potentially/;
const LOCKDEP =
  /^(?:WARNING: |INFO: |BUG: )?(?:possible (?:circular|recursive|irq|unsafe)\b|possible .{0,40}(?:inversion|deadlock|locking)|inconsistent lock state|.{0,40}-(?:safe|unsafe) -> .{0,40} lock order|bad unlock balance|held lock freed|suspicious RCU usage|lock held (?:when returning|at task exit)|Nested lock was not taken|Invalid wait context)/;
/** KASAN's other stacks are history, and locks are listed, not stacked. */
const NO_STACK = /^(?:Allocated by|Freed by|Last potentially related|Showing all locks|\d+ locks? held by|sysrq: )/;
const PANIC = /^(?:Kernel panic - not syncing: |end Kernel panic)/;
const CPU = /\bCPU[\s:]?#?(\d+)\b|\b(?:on|for) cpu (\d+)\b|^NMI backtrace for cpu (\d+)/i;
const WARNING_BY = /^WARNING: (?:CPU: (\d+) PID: (\d+) |.{1,200}CPU#(\d+): (.{1,15})\/(\d+))/;
const STATE = /\bstate:(\w)/;
const OLD_STATE = /\s([RSDTtXZPI])\s+(?:(?:[0-9a-f]{8,16}|running task)\s+)?\d+\s+\d+\s+\d+\s+0x[0-9a-f]+$/;

/** How a report begins; null for a line that begins none. */
export function readReportHead(text: string): ReportHead | null {
  if (!MAYBE.test(text)) return null;
  if (NO_STACK.test(text)) return { kind: null, task: null, state: null, blockedSeconds: null, cpu: null };
  if (PANIC.test(text)) return { ...EMPTY, kind: 'oops', echo: true };
  const lockdep = LOCKDEP.test(text);
  const head = readHeadline(text);
  if (head === null) return lockdep ? { ...EMPTY, kind: 'lockdep' } : null;
  const kind = lockdep ? 'lockdep' : KINDS[head.kind];
  if (kind === undefined) return null;
  const by = kind === 'warning' ? WARNING_BY.exec(text) : null;
  const cpu = CPU.exec(text);
  return {
    kind,
    task: head.task ?? (by?.[4] === undefined ? null : { pid: Number(by[5]), comm: by[4] }),
    state: kind === 'hung_task' ? 'D' : (STATE.exec(text)?.[1] ?? OLD_STATE.exec(text)?.[1] ?? null),
    blockedSeconds: head.blockedSeconds,
    cpu: numberOf(by?.[1] ?? by?.[3] ?? cpu?.[1] ?? cpu?.[2] ?? cpu?.[3]),
  };
}

const EMPTY: Omit<ReportHead, 'kind'> = { task: null, state: null, blockedSeconds: null, cpu: null };

/** The reports of dumps' logs have a name or two more. */
const KINDS: Readonly<Record<string, TraceKind>> = {
  hung_task: 'hung_task',
  soft_lockup: 'soft_lockup',
  hard_lockup: 'hard_lockup',
  rcu_stall: 'rcu_stall',
  oom: 'oom',
  oops: 'oops',
  bug: 'oops',
  warning: 'warning',
  backtrace: 'backtrace',
  task_state: 'task_state',
};

const BLOCKED_ON =
  /^INFO: task .{1,32}:\d+(?: <\w+>)? (?:is )?blocked on an? ([\w-]{3,20})(?: <\w+>)?,? (?:likely (?:owned|last held) by task (.{1,32}):(\d+)|but the)/;

/** `INFO: task X:1 is blocked on a mutex likely owned by task Y:2.`, since 6.16. */
export function readBlockedOn(text: string): BlockedOn | null {
  const match = text.includes('blocked on') ? BLOCKED_ON.exec(text) : null;
  if (match === null) return null;
  const [, lock = '', comm, pid] = match;
  return { lock, by: comm === undefined ? null : { comm, pid: Number(pid) } };
}

/** Who was running: the second line of most reports. */
export interface Who {
  readonly task: TraceTask;
  readonly cpu: number;
  /** `uname -r`, where the line has it. */
  readonly release: string | null;
}

const WHO =
  /^CPU: ?(\d+) (?:UID: \d+ )?PID: ?(\d+) Comm: (.{1,32}?)(?: Kdump: \w+)?(?: (?:Not tainted|Tainted: .*?)\s+(\d+\.\d+\S*).*)?$/;

/** `CPU: 0 UID: 0 PID: 512 Comm: bash Not tainted 6.12.48 #1` */
export function readWho(text: string): Who | null {
  const match = text.startsWith('CPU:') ? WHO.exec(text) : null;
  if (match === null) return null;
  const [, cpu, pid, comm = '', release = null] = match;
  return { task: { pid: Number(pid), comm }, cpu: Number(cpu), release };
}

const RELEASE = /^Linux version (\S{1,100})|^\s*(?:Not tainted|Tainted: .{0,120}?)\s+(\d+\.\d+\.\d\S{0,80})/;

/** `uname -r`, where a line tells it. */
export function readRelease(text: string): string | null {
  if (!text.includes('ainted') && !text.startsWith('Linux')) return null;
  const match = RELEASE.exec(text);
  return match?.[1] ?? match?.[2] ?? null;
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

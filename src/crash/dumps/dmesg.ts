import type { BlockedTask, Dump, Trigger } from './dump.ts';

/** What the log of a crash says. */
export type LogFacts = Pick<Dump, 'panic' | 'trigger' | 'blocked' | 'tag'>;

export const NO_LOG: LogFacts = { panic: null, trigger: null, blocked: null, tag: null };

/** Words of panic() and of what comes before it, Linux 4.19 to 6.12; the first that fits counts. */
const TRIGGERS: readonly (readonly [Trigger, RegExp])[] = [
  ['sysrq', /sysrq triggered crash|Trigger a crash/i],
  ['hung_task', /hung_task: blocked tasks/],
  ['softlockup', /softlockup: hung tasks|soft lockup/],
  ['hardlockup', /hard lockup/i],
  ['rcu_stall', /RCU stall|INFO: .*stall/i],
  ['oom', /out of memory|panic_on_oom|deadlocked on memory/i],
  ['warn', /panic_on_warn set/],
  ['nmi', /\bNMI\b/],
  ['oops', /BUG: |Oops: |kernel BUG at|Internal error: |Fatal exception/],
];

/**
 * Reads the lines that templates/guest/dumps.sh picked out of one `dmesg.STAMP`.
 * @param said kind of line -> the line: `panic`, `sysrq`, `cause`, `blocked`, `tag`
 */
export function readLog(said: ReadonlyMap<string, string>): LogFacts {
  const panicLine = after(said.get('panic'), 'Kernel panic - not syncing:');
  const cause = said.has('cause') ? message(said.get('cause') ?? '') : null;
  return {
    panic: panicLine ?? cause,
    trigger: said.has('sysrq') ? 'sysrq' : triggerOf(panicLine, cause),
    blocked: blockedTask(said.get('blocked')),
    tag: after(said.get('tag'), 'provision-crash-test:'),
  };
}

function triggerOf(panic: string | null, cause: string | null): Trigger | null {
  for (const text of [panic, cause]) {
    const found = text === null ? undefined : TRIGGERS.find(([, pattern]) => pattern.test(text));
    if (found) return found[0];
  }
  return panic === null && cause === null ? null : 'other';
}

/** `INFO: task NAME:PID blocked for more than N seconds.`; a name may hold blanks and colons. */
function blockedTask(line: string | undefined): BlockedTask | null {
  const match = /INFO: task (.+):(\d+) blocked for more than (\d+) seconds/.exec(line ?? '');
  if (!match) return null;
  const [, comm = '', pid, seconds] = match;
  return { comm, pid: Number(pid), seconds: Number(seconds) };
}

function after(line: string | undefined, words: string): string | null {
  const at = line?.indexOf(words) ?? -1;
  return line === undefined || at < 0 ? null : line.slice(at + words.length).trim();
}

/** A line without its time stamp and, on newer kernels, its caller. */
function message(line: string): string {
  return line.replace(/^(<\d+>)?\[\s*\d+\.\d+\]\s*(\[\s*[TC]\d+\]\s*)?/, '').trim();
}

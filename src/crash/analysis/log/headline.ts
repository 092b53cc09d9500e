import type { LogReport, LogReportKind } from '../analysis.ts';

/** How a report begins; null for a line that begins none. */
export type Headline = Pick<LogReport, 'kind' | 'task' | 'blockedSeconds'>;

type Groups = Readonly<Record<string, string | undefined>>;

/** First lines of the kernel's reports, as 4.19 to 6.12 print them. The first match counts. */
const HEADLINES: readonly (readonly [LogReportKind, RegExp])[] = [
  ['hung_task', /^INFO: task (?<comm>.+):(?<pid>\d+) blocked (?:in I\/O wait )?for more than (?<seconds>\d+) seconds/],
  ['soft_lockup', /BUG: soft lockup - CPU#\d+ stuck for (?<seconds>\d+)s! \[(?<comm>.+):(?<pid>\d+)\]/],
  // POWER has a watchdog of its own: the CPU that it names stands in a line of its own, before its stack.
  ['hard_lockup', /Watchdog detected hard LOCKUP|^watchdog:? CPU[ :]\d+ (?:self-detected )?hard LOCKUP/i],
  ['rcu_stall', /^(?:rcu: )?INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stalls?/],
  ['oom', /^(?<comm>\S.{0,30}?) invoked oom-killer:/],
  ['oops', /^(?:Internal error: )?Oops\b/],
  ['oops', /^(?:BUG: )?(?:unable to handle|kernel NULL pointer dereference)/i],
  ['oops', /^(?:general protection fault|divide error|invalid opcode|stack segment|int3)\b/],
  ['bug', /^kernel BUG at /],
  ['bug', /^BUG: /],
  ['warning', /^WARNING: /],
  ['sysrq', /^sysrq: /],
  ['backtrace', /^(?:NMI backtrace for cpu|Sending NMI from CPU) \d+/],
  // 5.10 and later, then what came before.
  ['task_state', /^task:(?<comm>.+?)\s+state:\S+\s+(?:running task\s+)?stack:.*\bpid:\s*(?<pid>\d+)/],
  [
    'task_state',
    /^(?<comm>\S.{0,14}?)\s+[RSDTtXZPI]\s+(?:(?:[0-9a-f]{8,16}|running task)\s+)?\d+\s+(?<pid>\d+)\s+\d+\s+0x[0-9a-f]+$/,
  ],
];

export function readHeadline(text: string): Headline | null {
  for (const [kind, pattern] of HEADLINES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const { comm, pid, seconds }: Groups = match.groups ?? {};
    return {
      kind,
      task: comm === undefined || pid === undefined ? null : { pid: Number(pid), comm },
      blockedSeconds: seconds === undefined || kind !== 'hung_task' ? null : Number(seconds),
    };
  }
  return null;
}

/** One crash prints several first lines: `BUG: kernel NULL pointer dereference`, then `Oops: 0002 [#1]`. */
export function continues(before: LogReportKind, next: LogReportKind): boolean {
  if (next === 'task_state') return before === 'hung_task';
  return (before === 'oops' || before === 'bug') && (next === 'oops' || next === 'bug');
}

/** A thread that was in an uninterruptible sleep when it was looked at. */
export interface BlockedThread {
  readonly tid: number;
  readonly pid: number;
  readonly comm: string;
  /** How often it has left a CPU of its own will. */
  readonly switches: number;
}

/** Reads `/proc/TID/status:Name:\tdd` lines, the fields of one thread after each other. */
export function parseBlocked(text: string): BlockedThread[] {
  const threads = new Map<string, Map<string, string>>();
  for (const line of text.split('\n')) {
    const match = /^(\/proc\/.+?\/status):(\w+):\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, file = '', field = '', value = ''] = match;
    const fields = threads.get(file) ?? new Map<string, string>();
    threads.set(file, fields.set(field, value));
  }
  return [...threads.values()].map((fields) => ({
    tid: Number(fields.get('Pid')),
    pid: Number(fields.get('Tgid')),
    comm: fields.get('Name') ?? '',
    switches: Number(fields.get('voluntary_ctxt_switches')),
  }));
}

/** Those that were blocked all the time: before, after, and not once on a CPU in between. */
export function blockedThroughout(before: readonly BlockedThread[], after: readonly BlockedThread[]): BlockedThread[] {
  const then = new Map(before.map((thread) => [thread.tid, thread.switches]));
  return after.filter(({ tid, switches }) => then.get(tid) === switches);
}

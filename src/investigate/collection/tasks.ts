import type { TaskLook } from './collection.ts';
import { numberOf, type FileLines } from './file-lines.ts';
import { readStackFile } from './stack-file.ts';
import type { ThreadLine, ThreadsLook } from './threads.ts';
import { waitView, type WaitKinds } from './waits.ts';

/** What was read of the wanted tasks, each a map of paths. */
export interface TaskFiles {
  readonly before: FileLines;
  readonly stacks: FileLines;
  readonly after: FileLines;
}

/** PF_KTHREAD */
const KERNEL_THREAD = 0x200000;
/** The ticks of /proc are hundredths of a second on every kernel that Debian builds (USER_HZ). */
const TICK_SECONDS = 0.01;

/** Where a task's files are. */
export function taskPath({ pid, tid }: Pick<ThreadLine, 'pid' | 'tid'>): string {
  return `/proc/${pid}/task/${tid}`;
}

/** Everything about one wanted thread, from both looks. */
export function readTask(
  thread: ThreadLine,
  { names }: ThreadsLook,
  files: TaskFiles,
  uptimeSeconds: number,
  kinds: WaitKinds,
): TaskLook {
  const path = taskPath(thread);
  const parent = names.get(thread.parent);
  const stack = files.stacks.get(`${path}/stack`);
  const frames = stack === undefined ? null : readStackFile(stack);
  const wchan = files.stacks.get(`${path}/wchan`)?.[0]?.trim() ?? '';
  const stayed = stays(path, thread.state, files);
  const blocked = stayed && thread.state === 'D';
  const seconds = stayed ? sinceItRan(path, files, uptimeSeconds - thread.started * TICK_SECONDS) : null;
  const { pid, tid, comm, state, cpu } = thread;
  return {
    pid,
    tid,
    comm,
    process: pid === tid ? comm : (names.get(pid) ?? ''),
    parent: thread.parent === 0 ? null : { pid: thread.parent, comm: parent ?? '' },
    kernelThread: (thread.flags & KERNEL_THREAD) !== 0,
    state,
    cpu,
    blocked,
    ...(blocked ? waitView(frames, kinds) : { hungTask: null, wait: null }),
    seconds,
    wchan: wchan === '' || wchan === '0' ? null : wchan,
    trace:
      frames === null || frames.length === 0
        ? null
        : {
            kind: 'proc',
            task: { pid: tid, comm },
            state,
            blockedSeconds: seconds === null ? null : Math.floor(seconds),
            cpu,
            frames,
            headline: null,
            line: 0,
            weight: 1,
          },
  };
}

/** Not switched to between the looks, and in the same state at the second. */
function stays(path: string, state: string, { before, after }: TaskFiles): boolean {
  const [first, second] = [switches(before.get(`${path}/status`)), switches(after.get(`${path}/status`))];
  return first !== null && first === second && state === stateAfter(after.get(`${path}/stat`));
}

function switches(status: readonly string[] | undefined): number | null {
  const voluntary = numberOf(status, 'voluntary_ctxt_switches');
  const forced = numberOf(status, 'nonvoluntary_ctxt_switches');
  return voluntary === null || forced === null ? null : voluntary + forced;
}

function stateAfter(stat: readonly string[] | undefined): string | null {
  return /^\d+ \(.*\) (\w) /.exec(stat?.[0] ?? '')?.[1] ?? null;
}

/**
 * The scheduler notes by its own clock when a task last ran; the reader's own note is what that clock says now. The clocks of
 * processors drift apart by what the host steals, so it is not exact, and no task waits for longer than it is old.
 */
function sinceItRan(path: string, { before }: TaskFiles, age: number): number | null {
  const now = numberOf(before.get('/proc/self/sched'), 'se.exec_start');
  const ran = numberOf(before.get(`${path}/sched`), 'se.exec_start');
  if (now === null || ran === null || ran === 0) return null;
  return Math.max(0, Math.min((now - ran) / 1000, Math.max(age, 0)));
}

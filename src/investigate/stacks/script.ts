import { guestTemplate, type GuestTemplates } from '../../plan/guest-template.ts';
import { quote } from '../../shell.ts';

export interface StacksWants {
  /** Exact name of a thread, or of its process; empty: only who is blocked. */
  readonly process: string;
  /** What the kernel is asked itself: `w` blocked tasks, `t` all tasks and workqueues. Empty: nothing. */
  readonly sysrq: '' | 'w' | 'wt';
  /** The collector ends by then, with what it has. */
  readonly deadlineSeconds: number;
}

/** The collector as it goes over the wire: what is wanted, then the looking. One round trip. */
export function stacksScript(templates: GuestTemplates, { process, sysrq, deadlineSeconds }: StacksWants): string {
  return [
    `PROCESS=${quote(asStatHasIt(process))}`,
    `SYSRQ=${quote(sysrq)}`,
    `DEADLINE=${Math.floor(deadlineSeconds)}`,
    guestTemplate(templates, 'stacks.sh'),
    ...(sysrq === '' ? [] : [guestTemplate(templates, 'stacks-sysrq.sh')]),
  ].join('\n');
}

/** The kernel keeps fifteen bytes of a name; only kworkers show more, with what they work at. */
const COMM_BYTES = 15;

/** A process's name as the kernel has it: `gnome-session-binary` is `gnome-session-b` there. */
export function kernelName(process: string): string {
  if (process.startsWith('kworker/')) return process;
  const bytes = Buffer.from(process);
  return bytes.length <= COMM_BYTES ? process : bytes.subarray(0, COMM_BYTES).toString('utf8');
}

/** The guest compares with what stat says, where a newline and a backslash are escaped. */
function asStatHasIt(comm: string): string {
  return comm.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

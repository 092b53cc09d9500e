import { quote } from '../../shell.ts';
import type { TraceAnswer } from './answer.ts';
import type { Choice } from './choose.ts';
import { targetName, type TraceRequest } from './request.ts';

/** What whoever reads the result must know of how far it goes. */
export function notesOf(answer: TraceAnswer, request: TraceRequest, { tool }: Choice, guest: string): string[] {
  const { target, states, userStacks } = request;
  const narrow = target.kind === 'process' ? ` --process ${quote(target.comm)}` : '';
  const stacks = `provision stacks ${guest}${narrow}`;
  const notes: string[] = [];
  if (answer.stopped) notes.push('ended early, as asked: this is what was traced until then');
  if (answer.stuck.length > 0)
    notes.push(
      `${threads(answer)} blocked (D) before the trace began and did not come back once; an off-CPU tool reports only what comes back, so they are not in it: ${stacks}`,
    );
  else if (answer.waits.length === 0)
    notes.push(
      `nothing of ${targetName(target)} came back to a CPU meanwhile; who is blocked for good is shown by ${stacks}`,
    );
  if (answer.found === 0 && target.kind !== 'all' && target.kind !== 'cgroup')
    notes.push(`there was no ${targetName(target)} when the trace began`);
  if (answer.narrowed) notes.push(`${tool.name} takes one process: those of the name that began later are not in it`);
  if (answer.byNameOnly)
    notes.push(
      `${tool.name} takes one process: threads of ${targetName(target)} with names of their own are not in it`,
    );
  if (tool.name !== 'bpftrace' && states?.includes('D') === true)
    notes.push(`${tool.name} compares states as bits: idle kernel threads pass for D`);
  if (
    tool.name === 'bpftrace' &&
    userStacks &&
    answer.waits.some(({ user }) => user.some((name) => name.startsWith('0x')))
  )
    notes.push('some functions of programs have no names: the process had ended, or has no symbols');
  if (answer.full) notes.push('the output went over its limit and was cut off: trace one process, or use --min');
  if (answer.lost > 0) notes.push(`${answer.lost} stacks could not be read or kept`);
  if (answer.strange > 0) notes.push(`${answer.strange} lines of ${tool.name} were not understood`);
  return notes;
}

function threads({ stuck }: TraceAnswer): string {
  const names = [...new Set(stuck.map(({ comm, pid }) => `${comm} (${pid})`))];
  const some = names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
  return `${some} ${stuck.length === 1 ? 'was' : 'were'}`;
}

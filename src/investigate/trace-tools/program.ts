import { render } from '../../plan/render.ts';
import { STATE_BITS, type StateLetter, type Target, type TraceRequest } from './request.ts';

/** Made to leave while it could run. */
const PREEMPTED = 256;
const ALL_STATES: readonly StateLetter[] = ['R', 'S', 'D', 'T', 't', 'P'];

/**
 * A bpftrace program for this request. `@TARGET@` is left in it: who is meant is known on the guest only.
 * @param template templates/guest/trace-MODE.bt
 */
export function bpftraceProgram(
  template: string,
  { states, minUs, durationMs, mode, userStacks }: TraceRequest,
): string {
  const values = {
    states: statePredicate(states ?? ALL_STATES),
    min: String(minUs),
    interval: durationMs % 1000 === 0 ? `s:${durationMs / 1000}` : `ms:${durationMs}`,
  };
  if (mode === 'wakeup') return render(template, values);
  return render(template, {
    ...values,
    user: userStacks ? ', @user[$next]' : '',
    keep_user: userStacks ? '\n    @user[tid] = ustack;' : '',
    forget_user: userStacks ? '\n    delete(@user[$next]);' : '',
  });
}

function statePredicate(states: readonly StateLetter[]): string {
  return states
    .flatMap((letter) => (letter === 'R' ? [STATE_BITS.R, PREEMPTED] : [STATE_BITS[letter]]))
    .map((bits) => `args->prev_state == ${bits}`)
    .join(' || ');
}

/** A process name as a string of bpftrace: whatever could mean something in one is an escape. */
export function bpftraceString(text: string): string {
  const bytes = [...Buffer.from(text, 'utf8')];
  const plain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  return `"${bytes.map((byte) => (plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`;
}

/** The arguments of the tools that have no program of ours. The duration always comes last: without one they never end. */
export function toolArguments(tool: 'bcc' | 'libbpf', request: TraceRequest): string[] {
  const { mode, target, states, minUs, userStacks } = request;
  const bits = states?.reduce((mask, letter) => mask | STATE_BITS[letter], 0);
  const folded = tool === 'bcc' ? ['-f', ...(mode === 'wakeup' ? [] : [userStacks ? '-d' : '-K'])] : [];
  return [
    ...folded,
    ...idArguments(target),
    ...(minUs > 0 ? ['-m', String(minUs)] : []),
    ...(bits === undefined ? [] : ['--state', String(bits)]),
    '--stack-storage-size',
    '16384',
    String(Math.ceil(request.durationMs / 1000)),
  ];
}

function idArguments(target: Target): string[] {
  if (target.kind === 'pid') return ['-p', String(target.id)];
  return target.kind === 'tid' ? ['-t', String(target.id)] : [];
}

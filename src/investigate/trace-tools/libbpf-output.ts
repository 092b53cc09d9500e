import type { Wait } from '../wait.ts';
import { functionName } from './function-name.ts';
import { foldWaits, type Recorded } from './recorded.ts';
import type { TraceMode } from './request.ts';

/**
 * Reads what offcputime and wakeuptime of libbpf-tools print, which know no folded form: frames a line, innermost first,
 * then whose they are (its number is the thread's) and for how many microseconds; wakeuptime begins with the task and ends with the waker.
 */
export function parseLibbpf(text: string, mode: TraceMode): Recorded {
  const waits: Wait[] = [];
  let [strange, lost] = [0, 0];
  let block: Block = empty();
  for (const line of text.split('\n')) {
    const value = /^\s+(\d+)$/.exec(line);
    const task = /^\s+-\s+(.*) \((\d+)\)$/.exec(line);
    const target = /^\s+target:\s+(.*)$/.exec(line);
    const waker = /^\s+waker:\s+(.*)$/.exec(line);
    const frame = /^\s+(?:(?:0x)?[0-9a-f]{8,16}\s+|#\d+\s+(?:0x[0-9a-f]+\s+)?)?(\S+)$/i.exec(line);
    if (value && block.comm !== null) {
      waits.push(waitOf(block, mode, Number(value[1])));
      if (block.frames.length === 0) lost += 1;
      block = empty();
    } else if (task) block = { ...block, comm: task[1] ?? '' };
    else if (target) block = { ...empty(), comm: target[1] ?? '' };
    else if (waker) block = { ...block, waker: waker[1] ?? '' };
    else if (frame) block.frames.push(functionName(frame[1] ?? ''));
    else if (line.trim() !== '' && !line.startsWith('Tracing blocked time')) strange += 1;
  }
  return { waits: foldWaits(waits), lost, strange };
}

interface Block {
  readonly frames: string[];
  readonly comm: string | null;
  readonly waker: string | null;
}

function empty(): Block {
  return { frames: [], comm: null, waker: null };
}

function waitOf({ frames, comm, waker }: Block, mode: TraceMode, us: number): Wait {
  const own = mode === 'offcpu' ? frames : [];
  const by = mode === 'offcpu' || waker === null ? null : { comm: waker, stack: frames };
  return { comm: comm ?? '', pid: null, stack: own, user: [], waker: by, us, pending: false };
}

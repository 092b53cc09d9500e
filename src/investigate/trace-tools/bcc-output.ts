import type { Wait } from '../wait.ts';
import { functionName } from './function-name.ts';
import { foldWaits, type Recorded } from './recorded.ts';
import type { TraceMode } from './request.ts';

const MISSED = /^\[Missed .*\]/;

/**
 * Reads the folded lines of offcputime, wakeuptime and offwaketime of bcc. Their orders differ: offcputime has the task,
 * then the stack with the innermost function last; offwaketime the same, then `--`, then the waker's stack with the
 * innermost first, then the waker; wakeuptime the waker, its stack with the innermost first, then the task.
 */
export function parseBcc(text: string, mode: TraceMode): Recorded {
  const waits: Wait[] = [];
  let [lost, strange] = [0, 0];
  for (const line of text.split('\n')) {
    const match = /^(.+) (\d+)$/.exec(line);
    if (!match) {
      if (line.trim() !== '') strange += 1;
      continue;
    }
    const parts = (match[1] ?? '').split(';');
    const wait = READERS[mode](parts, Number(match[2]));
    if (parts.some((part) => MISSED.test(part))) lost += 1;
    waits.push(wait);
  }
  return { waits: foldWaits(waits), lost, strange };
}

const READERS: { readonly [M in TraceMode]: (parts: readonly string[], us: number) => Wait } = {
  offcpu: ([comm = '', ...frames], us) => ({ ...blocked(comm, frames), waker: null, us }),
  wakeup: (parts, us) => ({
    ...blocked(parts.at(-1) ?? '', []),
    waker: { comm: parts[0] ?? '', stack: named(parts.slice(1, -1)) },
    us,
  }),
  offwake: ([comm = '', ...rest], us) => {
    const split = rest.lastIndexOf('--');
    const [own, waker] = split < 0 ? [rest, []] : [rest.slice(0, split), rest.slice(split + 1)];
    const name = waker.at(-1) ?? '';
    return {
      ...blocked(comm, own),
      waker: name === '' ? null : { comm: name, stack: named(waker.slice(0, -1)) },
      us,
    };
  },
};

/** `-` stands between what the program called and what the kernel did. */
function blocked(comm: string, outermostFirst: readonly string[]): Omit<Wait, 'waker' | 'us'> {
  const split = outermostFirst.indexOf('-');
  const innermostFirst = (frames: readonly string[]): string[] => named(frames).reverse();
  return {
    comm,
    pid: null,
    stack: innermostFirst(outermostFirst.slice(split + 1)),
    user: innermostFirst(outermostFirst.slice(0, Math.max(split, 0))),
    pending: false,
  };
}

function named(frames: readonly string[]): string[] {
  return frames.filter((frame) => !MISSED.test(frame)).map(functionName);
}

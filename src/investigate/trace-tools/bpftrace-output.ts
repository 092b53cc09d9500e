import type { Wait } from '../wait.ts';
import { functionName } from './function-name.ts';
import { foldWaits, type Recorded } from './recorded.ts';
import type { TraceMode } from './request.ts';
import { STATE_BITS } from './request.ts';

/** A part of a map's key: a number, or a stack. */
type Part = number | string[];

interface Entry {
  readonly map: string;
  readonly key: readonly Part[];
  readonly value: string | string[];
}

/** Reads what our bpftrace programs print: every map, in bpftrace's own text form, stacks over several lines. */
export function parseBpftrace(text: string, mode: TraceMode): Recorded {
  const byThread = new Map<string, Map<number, string | string[]>>();
  const sums: Entry[] = [];
  let [ended, strange] = [0, 0];
  for (const item of entriesOf(text)) {
    if (typeof item === 'string') {
      const end = /^ended (\d+)$/.exec(item);
      if (end) ended = Number(end[1]);
      else if (!/^(began|Attaching \d+ probes?\.\.\.|)$/.test(item)) strange += 1;
    } else if (item.map === 'off' || item.map === 'wake' || item.map === 'offwake') sums.push(item);
    else {
      const map = byThread.get(item.map) ?? new Map<number, string | string[]>();
      byThread.set(item.map, map.set(item.key[0] as number, item.value));
    }
  }
  const look = lookUp(byThread);
  const waits = sums.map((entry) => waitOf(entry, mode, look));
  const lost = waits.filter(({ stack, waker }) => stack.length === 0 && (waker?.stack ?? []).length === 0).length;
  return { waits: foldWaits([...waits, ...pendingWaits(byThread, look, ended)]), lost, strange };
}

interface Look {
  readonly comm: (tid: number) => string;
  readonly pid: (tid: number) => number | null;
}

function lookUp(maps: ReadonlyMap<string, ReadonlyMap<number, string | string[]>>): Look {
  return {
    comm: (tid) => (tid === 0 ? 'swapper' : String(maps.get('comm')?.get(tid) ?? `thread ${tid}`)),
    pid: (tid) => {
      const pid = Number(maps.get('tgid')?.get(tid));
      return Number.isNaN(pid) ? null : pid;
    },
  };
}

function waitOf({ key, value }: Entry, mode: TraceMode, look: Look): Wait {
  const numbers = key.filter((part) => typeof part === 'number');
  const stacks = key.filter((part) => typeof part !== 'number');
  const [tid = 0, waker] = numbers;
  const wakerStack = mode === 'offcpu' ? undefined : stacks.at(-1);
  const own = mode === 'offcpu' ? stacks : stacks.slice(0, -1);
  return {
    comm: look.comm(tid),
    pid: look.pid(tid),
    stack: own[0] ?? [],
    user: own[1] ?? [],
    waker: waker === undefined ? null : { comm: look.comm(waker), stack: wakerStack ?? [] },
    us: Number(value),
    pending: false,
  };
}

/** Those in D that left and have not come back: what other tools cannot tell of. */
function pendingWaits(
  maps: ReadonlyMap<string, ReadonlyMap<number, string | string[]>>,
  look: Look,
  ended: number,
): Wait[] {
  return [...(maps.get('start') ?? [])].flatMap(([tid, start]): Wait[] => {
    const us = Math.round((ended - Number(start)) / 1000);
    if (Number(maps.get('state')?.get(tid)) !== STATE_BITS.D || !(us > 0)) return [];
    const stack = stackOf(maps.get('stack')?.get(tid));
    return [
      {
        comm: look.comm(tid),
        pid: look.pid(tid),
        stack,
        user: stackOf(maps.get('user')?.get(tid)),
        waker: null,
        us,
        pending: true,
      },
    ];
  });
}

function stackOf(value: string | string[] | undefined): string[] {
  return Array.isArray(value) ? value : [];
}

/** Entries of maps, and lines that are none. */
function* entriesOf(text: string): Generator<Entry | string> {
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const single = /^@(\w+)\[(\d+)\]: ?(.*)$/s.exec(line);
    if (single) {
      const [, map = '', tid, rest = ''] = single;
      const stack: string[] = [];
      while (rest === '' && isFrame(lines[at + 1])) stack.push(functionName(lines[++at] ?? ''));
      yield { map, key: [Number(tid)], value: rest === '' ? stack : rest };
      continue;
    }
    const opened = /^@(\w+)\[(.*)$/s.exec(line);
    if (!opened) {
      yield line.trimEnd();
      continue;
    }
    const key: Part[] = [];
    let stack = keyPart(opened[2] ?? '', key);
    for (;;) {
      const next = lines[at + 1];
      const closed = /^\]: (-?\d+)$/.exec(next ?? '') ?? /^, (.*)\]: (-?\d+)$/.exec(next ?? '');
      if (next === undefined) return;
      at += 1;
      if (closed) {
        if (closed.length > 2) keyPart(closed[1] ?? '', key);
        yield { map: opened[1] ?? '', key, value: closed.at(-1) ?? '' };
        break;
      }
      if (next.startsWith(', ')) stack = keyPart(next.slice(2), key);
      else if (isFrame(next)) stack?.push(functionName(next));
      // The rest of an output that was cut off.
      else if (next.startsWith('@')) {
        at -= 1;
        break;
      }
    }
  }
}

/** Puts the numbers of a key's line into it; answers with the stack that begins where the line ends. */
function keyPart(text: string, key: Part[]): string[] | null {
  for (const word of text.split(', ')) {
    const trimmed = word.trim();
    if (trimmed !== '') key.push(Number(trimmed));
  }
  if (text !== '' && !/(^|, )$/.test(text)) return null;
  const stack: string[] = [];
  key.push(stack);
  return stack;
}

function isFrame(line: string | undefined): boolean {
  return line !== undefined && /^ {4,}\S/.test(line);
}

import type { Context, Pressure, Slab } from './collection.ts';
import type { FileLines } from './file-lines.ts';

const SLABS = 15;
/** Counters that tell of reclaim, compaction, write-back and kills. */
const RECLAIM =
  /^(?:allocstall|drop_|compact_(?:stall|fail|success)|pg(?:scan|steal)_(?:direct|kswapd)|oom_kill|nr_(?:dirty|writeback))/;

/** Memory, pressure, slabs and reclaim as the guest counts them; what its kernel has not is left out. */
export function readContext(files: FileLines): Omit<Context, 'cpus' | 'kworkers'> {
  const pressure = (name: 'cpu' | 'io' | 'memory'): Context['pressure'] => {
    const lines = files.get(`/proc/pressure/${name}`);
    const read = lines === undefined ? null : readPressure(lines);
    return read === null ? {} : { [name]: read };
  };
  return {
    load: files.get('/proc/loadavg')?.[0] ?? null,
    memory: Object.fromEntries(
      (files.get('/proc/meminfo') ?? []).flatMap((line) => {
        const match = /^([\w()]+):\s+(\d+)( kB)?$/.exec(line);
        return match === null ? [] : [[match[1], Number(match[2]) * (match[3] === undefined ? 1 : 1024)]];
      }),
    ) as Record<string, number>,
    pressure: { ...pressure('cpu'), ...pressure('io'), ...pressure('memory') },
    slabs: readSlabs(files.get('/proc/slabinfo') ?? []),
    reclaim: Object.fromEntries(
      (files.get('/proc/vmstat') ?? []).flatMap((line) => {
        const [name = '', value = ''] = line.split(' ');
        return RECLAIM.test(name) ? [[name, Number(value)]] : [];
      }),
    ),
  };
}

function readPressure(lines: readonly string[]): Pressure | null {
  const average = (kind: string, seconds: number): number | null => {
    const line = lines.find((each) => each.startsWith(kind)) ?? '';
    const value = new RegExp(`avg${seconds}=([\\d.]+)`).exec(line)?.[1];
    return value === undefined ? null : Number(value);
  };
  const [some10, some60] = [average('some', 10), average('some', 60)];
  if (some10 === null || some60 === null) return null;
  return { some10, some60, full10: average('full', 10), full60: average('full', 60) };
}

/** `name <active_objs> <num_objs> <objsize> ...`: what a cache takes is all its objects, used or not. */
function readSlabs(lines: readonly string[]): Slab[] {
  return lines
    .flatMap((line): Slab[] => {
      const match = /^(\S+)\s+\d+\s+(\d+)\s+(\d+)\s/.exec(line);
      if (match === null) return [];
      const objects = Number(match[2]);
      return [{ name: match[1] ?? '', objects, bytes: objects * Number(match[3]) }];
    })
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, SLABS);
}

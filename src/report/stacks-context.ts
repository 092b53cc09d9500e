import type { Collection, Context } from '../investigate/collection/collection.ts';
import { cpuConcerns } from '../investigate/stacks/cpu-concerns.ts';
import type { Look, Tone } from './cells.ts';
import { memorySize } from './quantities.ts';

export type Labelled = readonly [label: string, text: string, tone?: Tone];

const SLABS = 4;

/** What a guest's own page has of memory, pressure, CPUs and the detector; what the guest did not tell is left out. */
export function contextRows({ context, hungTask }: Pick<Collection, 'context' | 'hungTask'>, look: Look): Labelled[] {
  const rows: Labelled[] = [
    ['memory', memoryWords(context.memory)],
    ['slabs', slabWords(context, look)],
    ['waiting', pressureWords(context)],
    ['load', context.load?.split(' ').slice(0, 3).join(' ') ?? ''],
    ['reclaim', look.verbosity > 0 ? reclaimWords(context) : ''],
    ['cpus', cpuWords(context)],
    ['hung_task', detectorWords(hungTask)],
  ];
  return rows.filter(([, text]) => text !== '');
}

function memoryWords(memory: Context['memory']): string {
  if (memory['MemTotal'] === undefined) return '';
  const size = (key: string): string => memorySize(memory[key] ?? 0);
  return `${size('MemAvailable')} of ${size('MemTotal')} available, ${size('Slab')} in slabs, ${size('Dirty')} dirty`;
}

function slabWords({ slabs }: Context, look: Look): string {
  const shown = look.verbosity > 0 ? slabs : slabs.slice(0, SLABS);
  return shown.map(({ name, bytes }) => `${name} ${memorySize(bytes)}`).join(', ');
}

function pressureWords({ pressure }: Context): string {
  const parts = Object.entries(pressure).map(
    ([name, { some10, full10 }]) => `${name} ${some10} %${full10 === null ? '' : `, all ${full10} %`}`,
  );
  return parts.length === 0 ? '' : `${parts.join('; ')} of the last 10 s`;
}

function reclaimWords({ reclaim }: Context): string {
  const counted = Object.entries(reclaim).filter(([, value]) => value > 0);
  return counted.map(([name, value]) => `${name} ${value}`).join(', ');
}

/** Concerns are remarks, told of every guest. */
function cpuWords(context: Context): string {
  if (context.cpus.length === 0 || cpuConcerns(context).length > 0) return '';
  return `${context.cpus.length}: none was seen to keep its kworkers from running`;
}

function detectorWords({ timeoutSeconds, panic, warnings, detected }: Collection['hungTask']): string {
  if (timeoutSeconds === null) return 'this kernel has no detector';
  const parts = [
    timeoutSeconds === 0 ? 'off' : `after ${timeoutSeconds} s`,
    panic === 0 ? 'no panic' : 'panics',
    ...(warnings === null ? [] : [warnings < 0 ? 'warns always' : `${warnings} warnings left`]),
    ...(detected === null ? [] : [`${detected} found since boot`]),
  ];
  return parts.join(', ');
}

import type * as z from 'zod';
import { durationSeconds } from './duration.ts';
import { count, duration, flag, pattern, removable } from './fields.ts';

/** What the watcher on a guest looks for, and how much it may keep. Seconds, percent, KiB. */
export interface DesiredWatch {
  /** A task in D state for so long is evidence. */
  readonly blocked: number;
  /** Share of the last 10 seconds in which every task waited for memory, or for a disk; null: not looked at. */
  readonly memoryFull: number | null;
  readonly ioFull: number | null;
  readonly workqueues: boolean;
  readonly every: number;
  readonly keep: number;
  readonly maxKiB: number;
}

function share(description: string): z.ZodString {
  return pattern(description, 'takes a percentage such as 20%, or never', /^(?:[1-9]\d?%|100%|never)$/);
}

export const watchSection = removable('Keep evidence of tasks that hang, also of those that recover', {
  blocked: duration('How long a task may be blocked (D state) before evidence is collected').default('30s'),
  memory_full: share(
    'Collect also when all tasks waited for memory in this share of the last 10 seconds (PSI memory full), or never',
  ).default('20%'),
  io_full: share('The same for disks (PSI io full), or never').default('never'),
  workqueues: flag("Ask the kernel for its workqueues, too: all tasks go into the kernel's log (SysRq t)").default(
    true,
  ),
  every: duration('Time between two looks at all tasks').default('5s'),
  keep: count('Pieces of evidence kept on the guest, oldest removed first', 1, 1000).default(20),
  max_size: pattern(
    'Disk space for all evidence together',
    'takes a size such as 64M or 1G, at least 1M',
    /^[1-9]\d{0,4}[MG]$/,
  ).default('64M'),
});

type WatchValues = z.output<typeof watchSection>;

/** The watcher that a profile asks for; null: none. */
export function watchOf(values: WatchValues | undefined): DesiredWatch | null {
  if (values === undefined || values === false) return null;
  return {
    blocked: durationSeconds(values.blocked) ?? 0,
    memoryFull: percent(values.memory_full),
    ioFull: percent(values.io_full),
    workqueues: values.workqueues,
    every: durationSeconds(values.every) ?? 0,
    keep: values.keep,
    maxKiB: Number.parseInt(values.max_size, 10) * (values.max_size.endsWith('G') ? 1024 * 1024 : 1024),
  };
}

function percent(text: string): number | null {
  return text === 'never' ? null : Number.parseInt(text, 10);
}

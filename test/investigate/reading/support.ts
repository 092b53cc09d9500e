import { readTraces } from '../../../src/investigate/reading/read-traces.ts';
import type { Trace } from '../../../src/investigate/trace.ts';

/** Stacks of a text, in short: `hung_task Xorg:1458 D: schedule ?foo drm_ioctl[drm]`. */
export function shortly(text: string): string[] {
  return readTraces(text.split('\n')).map(inShort);
}

export function inShort({ kind, task, state, frames }: Trace): string {
  const who = task === null ? '-' : `${task.comm}:${task.pid ?? '?'}`;
  const names = frames.map(
    ({ function: name, module, unsure }) => `${unsure ? '?' : ''}${name}${module === null ? '' : `[${module}]`}`,
  );
  return `${kind} ${who} ${state ?? '-'}: ${names.join(' ')}`.trimEnd();
}

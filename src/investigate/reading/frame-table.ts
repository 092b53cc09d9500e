import type { StackFrame } from '../trace.ts';
import type { FrameLine } from './frame-line.ts';

type Named = Pick<FrameLine, 'name' | 'module' | 'unsure'>;

const MOST_KNOWN = 20_000;

/** Texts of the input are slices of it: a kept one would keep all of it. And a log has the same few functions over and over. */
export class FrameTable {
  readonly #sure = new Map<string, StackFrame>();
  readonly #unsure = new Map<string, StackFrame>();

  frame(line: Named): StackFrame {
    const { name, module, unsure } = line;
    const table = unsure ? this.#unsure : this.#sure;
    const known = table.get(name);
    // A name is in one module, but for a few; those are made anew.
    if (known?.module === module) return known;
    const frame: StackFrame = {
      function: known?.function ?? detached(name),
      module: module === null ? null : detached(module),
      unsure,
      inferred: null,
    };
    if (known === undefined && table.size < MOST_KNOWN) table.set(frame.function, frame);
    return frame;
  }
}

/** A copy that does not hold on to the text that it was cut from. */
export function detached(text: string): string {
  return ` ${text}`.slice(1);
}

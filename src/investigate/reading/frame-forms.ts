import { readTop } from '../../crash/analysis/log/trace.ts';
import { readFrameLine, type FrameLine } from './frame-line.ts';

/** What a line says of a stack: where the CPU was, a frame, two frames at once, or that the stack ends. */
export type FrameForm =
  | { readonly what: 'top'; readonly frame: Pick<FrameLine, 'name' | 'module' | 'unsure'> }
  | { readonly what: 'frame'; readonly frame: FrameLine }
  | { readonly what: 'two'; readonly callee: FrameLine; readonly caller: FrameLine }
  | { readonly what: 'end' };

const LONGEST_FRAME = 1000;
/** crash shows registers like this. */
const EXCEPTION = /^\s*\[exception RIP: ([\w.]+)\+\d+\]/;
const END_OF_STACK = /^\s*(?:\[<[0-9a-f]*>\]\s*)?0xf{16}\s*$/;

/**
 * Reads a line that may be a frame in any form; null for every other line, and for one that has several frames in a row.
 * @param strict outside of a trace, a log's line is a frame only by its offset
 */
export function recogniseFrame(text: string, strict: boolean): FrameForm | null {
  const top = readTop(text);
  if (top !== null) return { what: 'top', frame: { name: top.function, module: top.module, unsure: false } };
  const exception = EXCEPTION.exec(text)?.[1];
  if (exception !== undefined) return { what: 'top', frame: { name: exception, module: null, unsure: false } };
  if (endsStack(text)) return { what: 'end' };
  const offset = text.indexOf('+0x');
  if (strict && offset < 0) return null;
  const two = readCallFrom(text);
  if (two !== null) return { what: 'two', callee: two[0], caller: two[1] };
  if (text.length > LONGEST_FRAME || hasThree(text, offset)) return null;
  const frame = readFrameLine(text);
  return frame === null ? null : { what: 'frame', frame };
}

/** Two may be a frame with a remark about another. */
function hasThree(text: string, first: number): boolean {
  const second = first < 0 ? -1 : text.indexOf('+0x', first + 1);
  return second >= 0 && text.includes('+0x', second + 1);
}

/** The line that ended stacks in /proc until 5.2: an address of all ones. */
function endsStack(text: string): boolean {
  return END_OF_STACK.test(text);
}

const NAMED = String.raw`\(?([A-Za-z_]\w*)[\w.]*(?:\+0x[0-9a-f]+\/0x[0-9a-f]+)?(?: \[([\w-]+)(?: [0-9a-f]+)?\])?\)?`;
const FROM = new RegExp(
  String.raw`^\s*(?:\[<[0-9a-f]*>\] ?|\[\] )?${NAMED} from (?:\[<[0-9a-f]*>\] ?|\[\] )?${NAMED}\s*$`,
);

/** Two frames in a line, as 32-bit ARM has them: `[<c0700c20>] (__schedule) from [<c0700f44>] (schedule+0xb0/0xcc)`. */
function readCallFrom(text: string): readonly [FrameLine, FrameLine] | null {
  const match = text.includes(' from ') && text.includes('+0x') ? FROM.exec(text) : null;
  if (match === null) return null;
  const [, callee = '', inModule = null, caller = '', itsModule = null] = match;
  const frame = (name: string, module: string | null): FrameLine => ({
    name,
    module,
    unsure: false,
    shape: 'offset',
    number: null,
  });
  return [frame(callee, inModule), frame(caller, itsModule)];
}

import type { TraceTask } from '../trace.ts';
import { readFrameLine, type FrameLine } from './frame-line.ts';

/** `Xorg;do_syscall_64;..;schedule 1234` */
export interface FoldedLine {
  readonly task: TraceTask | null;
  /** Innermost first. */
  readonly frames: readonly FrameLine[];
  readonly weight: number;
}

const COUNT = /\s(\d{1,18})\s*$/;
const PROCESS = /^(.{1,64}?)(?:[-/](\d+|\?)(?:\/\d+)?)?$/;
/** Where a kernel stack begins below the frames of user space. */
const ENTRY =
  /^(?:entry_|do_syscall_64|do_fast_syscall|do_int80|el0|ret_from_fork|asm_exc_|asm_common_interrupt|secondary_startup)/;
const MOST_FRAMES = 256;

/**
 * Reads a folded stack, outermost first as stackcollapse and bcc's `-f` write it. Where a waker follows (`;--;`), the sleeper
 * is read; frames of user space, before `;-;` or the kernel's entry, are left out.
 */
export function readFoldedLine(text: string): FoldedLine | null {
  const count = COUNT.exec(text);
  if (count === null || !text.includes(';')) return null;
  const parts = text
    .slice(0, count.index)
    .split(';', MOST_FRAMES * 2)
    .map((part) => part.trim());
  const [process = '', ...stack] = parts;
  const waker = stack.indexOf('--');
  const own = waker < 0 ? stack : stack.slice(0, waker);
  const read = kernelPart(own).map(frameOf);
  const frames = read.filter((frame) => frame !== null);
  if (frames.length === 0 || frames.length * 2 < read.length || process === '') return null;
  const [, comm = process, pid] = PROCESS.exec(process) ?? [];
  const named =
    readFrameLine(process)?.shape === 'offset'
      ? null
      : { comm, pid: pid === undefined || pid === '?' ? null : Number(pid) };
  return { task: named, frames: frames.slice(-MOST_FRAMES).reverse(), weight: Number(count[1]) };
}

function kernelPart(stack: readonly string[]): readonly string[] {
  const border = stack.lastIndexOf('-');
  if (border >= 0) return stack.slice(border + 1);
  const entry = stack.findIndex((part) => ENTRY.test(part));
  return entry > 0 ? stack.slice(entry) : stack;
}

/** `[unknown]` and bare addresses stand for frames that nobody could name; they are none. */
function frameOf(part: string): FrameLine | null {
  const frame = /^[\w.$+]+(?:_\[[a-z]\])?(?: \[[\w-]+\])?$/.test(part)
    ? readFrameLine(part.replace(/_\[[a-z]\]$/, ''))
    : null;
  return frame?.unsure === false ? frame : null;
}

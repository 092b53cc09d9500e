import { beginsTrace } from '../../crash/analysis/log/trace.ts';
import type { TraceTask } from '../trace.ts';

/** What divides the lines of one report. */
export type Marker = 'begin' | 'section' | 'section end' | 'end';

const SECTION = /^\s*<(?:IRQ|NMI|SOFTIRQ|#DF|#MC)>\s*$/;
const SECTION_END = /^\s*<(?:\/(?:IRQ|NMI|SOFTIRQ)|EOI|EOE)>\s*$/;
const TASK = /^\s*<TASK>\s*$/;
/** What no frame of the same stack follows: the trace's end, and the registers of user space. */
const END = /^\s*<\/TASK>|^---\[ end |^(?:RIP|PC): 0033:|^RIP: 002[3b]:|^stack backtrace ended/;

/** The marker that a line is, null for any other. `<TASK>` divides nothing, and is none of the frames: the section goes on. */
export function isMarker(text: string): Marker | null {
  const first = text.trimStart().charCodeAt(0);
  if (first === LESS) {
    if (SECTION.test(text)) return 'section';
    if (SECTION_END.test(text)) return 'section end';
    if (TASK.test(text)) return 'section end';
    return END.test(text) ? 'end' : null;
  }
  if (END.test(text)) return 'end';
  return beginsTrace(text) || /^Backtrace:\s*$/.test(text) ? 'begin' : null;
}

const LESS = 0x3c;

/** `@[`, `@blocked[Xorg, 1458,`: a bpftrace map whose key has a stack in it. */
export function readMapStart(text: string): { readonly task: TraceTask | null } | null {
  const match = /^@\w{0,64}\[(.{0,200})$/.exec(text);
  if (match === null || /\]: ?\S/.test(text)) return null;
  return { task: taskOfKey(match[1] ?? '') };
}

/** `]: 12`, `, Xorg]: 12`, or `, ` where another stack begins; weight null: the key goes on. */
export function readMapEnd(text: string): { readonly task: TraceTask | null; readonly weight: number | null } | null {
  const match = /^,? ?([^\]]{0,200})\]:\s*(\d{1,18})?/.exec(text);
  if (match) return { task: taskOfKey(match[1] ?? ''), weight: match[2] === undefined ? 1 : Number(match[2]) };
  return /^,(?: .{0,100},?)?\s*$/.test(text) ? { task: taskOfKey(text), weight: null } : null;
}

function taskOfKey(key: string): TraceTask | null {
  const words = key
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const comm = words.find((word) => /[A-Za-z]/.test(word));
  const pid = words.find((word) => /^\d{1,8}$/.test(word));
  return comm === undefined ? null : { comm: ` ${comm}`.slice(1), pid: pid === undefined ? null : Number(pid) };
}

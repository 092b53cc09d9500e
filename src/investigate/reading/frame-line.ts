/**
 * How a line shows that it is a frame.
 * offset: `f+0x1/0x2`; numbered: `#3 f (file.c:12)` or crash's `#3 [..] f at ..`; decimal: bpftrace's `f+12`;
 * source: `f (file.c:12)`, as decode_stacktrace.sh writes it; name: nothing but a name, which a word of prose may be, too.
 */
export type FrameShape = 'offset' | 'numbered' | 'decimal' | 'source' | 'name';

export interface FrameLine {
  readonly name: string;
  readonly module: string | null;
  readonly unsure: boolean;
  readonly shape: FrameShape;
  /** Its number where the line has one. */
  readonly number: number | null;
  /** It has the `[<0>]` of /proc/PID/stack, which no log prints. */
  readonly ofProc?: true;
}

/** Addresses, numbers, bullets and arrows in front of a frame, one at a time. */
const BEFORE = [
  /\s+/y,
  /\(?\[<[0-9a-fx?]*>\]/y,
  /\[\](?=\s)/y, // a web page took <..> for a tag
  /:\w{1,40}:(?=\w)/y,
  /\[[0-9a-f]{12,16}\]/y,
  /#(\d{1,3})\s+(?:\[[0-9a-f]{8,16}\]\s+)?(?:0x[0-9a-f]+ in )?/y,
  /\[?(\d{1,3})(?:\]|[.):](?!\d))\s*/y,
  /(?:0x)?[0-9a-f]{12,16}:?(?=\s)/y,
  /(?:[-=]>|<-|[-*+\u2022\u2190-\u2193\u21b3\u2514\u251c\u2500`])\s+/y,
  /<\/?(?:IRQ|NMI|TASK|EOI|EOE|SOFTIRQ|#DF|#MC)>/y,
  /\d{1,3}\s+(?=[\w[<=*+-])/y,
];
const MOST_BEFORE = 6;
const PROC_MARK = '[<0>]';
const UNSURE = /\? ?/y;
const NAME = /(?:b')?\.?([A-Za-z_$][\w$]*)((?:\.[\w$]+)*)(?:_\[k\])?'?/y;
const KERNEL_OFFSET = /\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/y;
const DECIMAL_OFFSET = /\+\d{1,7}/y;
const CALL = /\(\)/y;
const ADDRESS = /\s+at\s+(?:0x)?[0-9a-f]{8,16}/y;
/** gdb's `f (arguments) at file.c:12`. */
const ARGUMENTS = /\s*\([^()]{0,300}\)\s+(?:at|from)\s+\S{1,200}/y;
/** `[virtio_gpu]`, with a build id behind the name since 5.15, with taints in some reports. */
const MODULE = /\s*\[([A-Za-z][\w-]*)(?:\([\w+-]*\))?(?: [0-9a-f]{8,40})?\]/y;
const SOURCE =
  /\s+(?:\([^()]{1,300}:\d+[^()]{0,40}(?:\([^()]{0,40}\)[^()]{0,300}){0,4}\)|[^\s():]{1,200}:\d+(?::\d+)?(?: \(discriminator \d+\))?)/y;
/** decode_stacktrace.sh writes the module behind the source, without brackets. */
const BARE_MODULE = /\s+([a-z][\w-]*)\s*$/y;
const PARENTHESES = /\s*\([^()]{0,300}\)/y;
const INLINE = /\s*\[inline\]/y;
const TRAILING = /\s*$/y;
/** A remark of whoever pasted the stack. A frame with an offset may be followed by any that does not begin like a word. */
const REMARK = /\s*(?:\/\/|\/\*|#|<[-=]|--|=>|[^\x00-\x7f])/y;
const ANY_REMARK = /\s+[^\w\s]|\s*$/y;

const PLAIN =
  /^\s{0,2}(\? )?([A-Za-z_]\w*)(?:\.[\w.]+)?\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[([A-Za-z][\w-]*)(?: [0-9a-f]{8,40})?\])?$/;

/** The most frequent form, as the kernel's log has it; all that it reads, readFrameLine reads alike. */
export function readPlainFrame(text: string): FrameLine | null {
  const match = PLAIN.exec(text);
  if (match === null) return null;
  return {
    name: match[2] ?? '',
    module: match[3] ?? null,
    unsure: match[1] !== undefined,
    shape: 'offset',
    number: null,
  };
}

/** The frame that a line is; null for any other line. */
export function readFrameLine(text: string): FrameLine | null {
  let at = 0;
  let number: number | null = null;
  for (let round = 0; round < MOST_BEFORE; round++) {
    const before = matchBefore(text, at);
    if (before === null) break;
    if (before[1] !== undefined) number = Number(before[1]);
    at += before[0].length;
  }
  const unsure = matchAt(UNSURE, text, at);
  at += unsure?.[0].length ?? 0;
  const named = matchAt(NAME, text, at);
  const name = named?.[1];
  if (!named || name === undefined) return null;
  at += named[0].length;
  const rest = readRest(text, at, number !== null && text.includes('#'));
  if (rest === null) return null;
  const frame = { name, module: rest.module, unsure: unsure !== null, shape: rest.shape, number };
  return text.includes(PROC_MARK) ? { ...frame, ofProc: true } : frame;
}

function matchBefore(text: string, at: number): RegExpExecArray | null {
  for (const pattern of BEFORE) {
    const match = matchAt(pattern, text, at);
    if (match) return match;
  }
  return null;
}

function readRest(text: string, start: number, numbered: boolean): Pick<FrameLine, 'module' | 'shape'> | null {
  let at = start;
  let shape: FrameShape = 'name';
  let module: string | null = null;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = matchAt(pattern, text, at);
    if (match) at += match[0].length;
    return match;
  };
  if (take(KERNEL_OFFSET)) shape = 'offset';
  else if (take(DECIMAL_OFFSET)) shape = 'decimal';
  else if (numbered && take(ARGUMENTS)) shape = 'numbered';
  else take(CALL);
  if (take(ADDRESS) && numbered) shape = 'numbered';
  module = take(MODULE)?.[1] ?? null;
  if (module === 'inline') [module, shape] = [null, 'source'];
  if (take(SOURCE) && shape === 'name') shape = numbered ? 'numbered' : 'source';
  if (take(INLINE) && shape === 'name') shape = 'source';
  module ??= take(MODULE)?.[1] ?? null;
  if (shape === 'source') module ??= take(BARE_MODULE)?.[1] ?? null;
  if (shape === 'name' && numbered && take(PARENTHESES)) shape = 'numbered';
  if (shape === 'name') return take(TRAILING) || take(REMARK) ? { module, shape } : null;
  take(PARENTHESES);
  return take(ANY_REMARK) || take(REMARK) ? { module, shape } : null;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

import type { Frame } from '../analysis.ts';

const FRAME = /^\s*(?:\[<[0-9a-f]+>\] )?(\? )?([\w.$]+)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[([\w-]+)(?: [0-9a-f]+)?\])?\s*$/;
const TOP =
  /^(?:RIP: 0010:|EIP: |EIP is at |PC is at |pc : |RIP  ?(?=\[<)|NIP (?=\[))(?:\[<?[0-9a-f]+>?\]\s+){0,2}([\w.$]+)\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[([\w-]+)(?: [0-9a-f]+)?\])?/;

/** A line of a call trace; `unsure` ones (`? function`) were lying on the stack and need not be callers. */
export function readFrame(text: string): { readonly frame: Frame; readonly unsure: boolean } | null {
  const match = FRAME.exec(text);
  return match === null ? null : { frame: frameOf(match[2], match[3]), unsure: match[1] !== undefined };
}

/** Where the CPU itself was: it stands in the registers, above the call trace. */
export function readTop(text: string): Frame | null {
  const match = TOP.exec(text);
  return match === null ? null : frameOf(match[1], match[2]);
}

export function beginsTrace(text: string): boolean {
  return /^\s*Call trace:\s*$/i.test(text);
}

export function endsTrace(text: string): boolean {
  return /^\s*<\/TASK>|^---\[ end /.test(text);
}

function frameOf(name = '', module: string | undefined): Frame {
  return { function: name, source: null, inline: false, module: module ?? null };
}

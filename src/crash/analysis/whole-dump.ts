import type { Bytes } from '../bytes.ts';
import { judgeDump, type DumpFormat } from '../dump-format.ts';

export type WholeDump =
  { readonly valid: true; readonly format: DumpFormat } | { readonly valid: false; readonly reason: string };

const END = 16;
/** makedumpfile's own header in front of the flattened records. */
const FLAT_HEADER = 4096;
/** Program headers of a few hundred memory segments. */
const HEAD = 65_536;
/** DUMP_DH_COMPRESSED_INCOMPLETE of makedumpfile: the disk was full, or the copy was stopped. */
const INCOMPLETE = 0x8;

/** Whether a file here is a whole dump: its ends, as on a guest, and what its headers say about its length. */
export function judgeWhole(bytes: Bytes): WholeDump {
  const head = bytes.read(0, HEAD);
  const tail = bytes.read(Math.max(0, bytes.size - END), END);
  const judged = judgeDump({ head: head.subarray(0, END), tail, size: bytes.size });
  if (!judged.valid) return judged;
  const reason = FAULTS[judged.format](head, bytes.size);
  return reason === null ? judged : { valid: false, reason };
}

const FAULTS: { readonly [F in DumpFormat]: (head: Buffer, size: number) => string | null } = {
  flattened: (_head, size) =>
    size > FLAT_HEADER + END ? null : 'truncated: nothing is between its header and its end',
  // disk_dump_header of 64 bits, little-endian: status 424, block size 428, blocks of sub header 432 and of the bitmap 436.
  kdump: (head, size) => {
    if (head.length < 440) return 'truncated: its header breaks off';
    if ((head.readUInt32LE(424) & INCOMPLETE) !== 0)
      return 'incomplete: makedumpfile was stopped, or its disk was full';
    const blocks = 1 + head.readUInt32LE(432) + head.readUInt32LE(436);
    return blocks * head.readUInt32LE(428) > size ? 'truncated: its page map breaks off' : null;
  },
  // ELF64: type 16, program headers at 32, size of one 54, how many 56; of each, file offset 8 and size 32.
  elf: (head, size) => {
    if (head.length < 64) return 'truncated: its header breaks off';
    if (head[4] !== 2 || head[5] !== 1) return 'not of a 64-bit little-endian machine';
    if (head.readUInt16LE(16) !== 4) return 'not a dump: an ELF file that is no core';
    const [start, entry, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
    for (let at = start, left = count; left > 0 && at + 56 <= head.length; at += entry, left -= 1) {
      if (head.readBigUInt64LE(at + 8) + head.readBigUInt64LE(at + 32) <= BigInt(size)) continue;
      return 'truncated: memory that its header lists is missing';
    }
    return null;
  },
};

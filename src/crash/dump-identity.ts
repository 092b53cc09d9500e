import type { Bytes } from './bytes.ts';
import { elfNotes } from './elf-notes.ts';
import { parseVmcoreinfo } from './vmcoreinfo.ts';

/** Which kernel a dump is of. */
export interface DumpIdentity {
  /** `uname -r` */
  readonly release: string | null;
  /** `uname -v`: on Debian it ends in the version of the kernel's package. An ELF dump does not say. */
  readonly version: string | null;
  /** `uname -m` */
  readonly machine: string | null;
  readonly nodename: string | null;
  readonly buildId: string | null;
  /** Seconds since 1970. */
  readonly crashTime: number | null;
}

const UTSNAME = 12;
const UTS_FIELD = 65;
const MACHINES: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64', 243: 'riscv64', 258: 'loongarch64' };

/** Reads who a rearranged kdump file or an ELF vmcore is of; what it does not say is null. */
export function readIdentity(bytes: Bytes): DumpIdentity {
  const head = bytes.read(0, 4096);
  return head.toString('latin1', 0, 4) === '\x7fELF' ? elfIdentity(bytes, head) : kdumpIdentity(bytes, head);
}

/**
 * disk_dump_header: six utsname fields from byte 12, block size at 428; the sub header in the next block has place and
 * size of the vmcoreinfo at 32 and 40 (makedumpfile's diskdump_mod.h, 64 bits, little-endian).
 */
function kdumpIdentity(bytes: Bytes, head: Buffer): DumpIdentity {
  const field = (index: number): string | null => textAt(head, UTSNAME + index * UTS_FIELD);
  const sub = bytes.read(head.length >= 432 ? head.readUInt32LE(428) : 0, 64);
  const [place, size] = sub.length < 64 ? [0, 0] : [Number(sub.readBigUInt64LE(32)), Number(sub.readBigUInt64LE(40))];
  const known = size > 0 && size < 1_000_000 && place < bytes.size;
  const info = parseVmcoreinfo(known ? bytes.read(place, size).toString('latin1') : '');
  return {
    release: info.release ?? field(2),
    version: field(3),
    machine: field(4),
    nodename: field(1),
    buildId: info.buildId,
    crashTime: info.crashTime,
  };
}

function elfIdentity(bytes: Bytes, head: Buffer): DumpIdentity {
  const note = elfNotes(bytes).find(({ name }) => name === 'VMCOREINFO');
  const info = parseVmcoreinfo(note?.value.toString('latin1') ?? '');
  return {
    release: info.release,
    version: null,
    machine: MACHINES[head.readUInt16LE(18)] ?? null,
    nodename: null,
    buildId: info.buildId,
    crashTime: info.crashTime,
  };
}

function textAt(buffer: Buffer, at: number): string | null {
  const text = buffer.toString('latin1', at, at + UTS_FIELD).replace(/\0.*$/s, '');
  return text === '' ? null : text;
}

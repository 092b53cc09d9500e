/** Files as kernels and makedumpfile write them, as small as they can be. */

export interface Note {
  readonly name: string;
  readonly type: number;
  readonly value: Buffer;
}

/** An ELF64 file with one segment of notes, and one of memory when `memory` is given. */
export function elfFile(notes: readonly Note[], { type = 2, memory = 0 } = {}): Buffer {
  const count = memory > 0 ? 2 : 1;
  const body = Buffer.concat(notes.map(noteBytes));
  const start = 64 + 56 * count;
  const head = Buffer.alloc(start);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeUInt16LE(type, 16);
  head.writeUInt16LE(62, 18);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(count, 56);
  writeSegment(head, 64, 4, start, body.length);
  if (memory > 0) writeSegment(head, 120, 1, start + body.length, memory);
  return Buffer.concat([head, body, Buffer.alloc(memory, 0x5a)]);
}

/** A vmlinux of a build-id, given in hex. */
export function vmlinux(buildId: string): Buffer {
  return elfFile([
    { name: 'Xen', type: 6, value: Buffer.from('linux\0') },
    { name: 'GNU', type: 3, value: Buffer.from(buildId, 'hex') },
  ]);
}

function writeSegment(head: Buffer, at: number, type: number, offset: number, size: number): void {
  head.writeUInt32LE(type, at);
  head.writeBigUInt64LE(BigInt(offset), at + 8);
  head.writeBigUInt64LE(BigInt(size), at + 32);
}

function noteBytes({ name, type, value }: Note): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length + 1, 0);
  head.writeUInt32LE(value.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, filled(Buffer.from(`${name}\0`)), filled(value)]);
}

function filled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

export interface KdumpOptions {
  readonly release?: string;
  readonly version?: string;
  readonly vmcoreinfo?: string;
  readonly status?: number;
}

/** A rearranged kdump file: header, sub header, vmcoreinfo; no memory. */
export function kdumpFile({
  release = '6.1.0-56-amd64',
  version = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
  vmcoreinfo = `OSRELEASE=${release}\nBUILD-ID=eb4fbcd037e7253717950bf2b93bd5566f47c56f\nCRASHTIME=1795541042\n`,
  status = 1,
}: KdumpOptions = {}): Buffer {
  const header = Buffer.alloc(4096);
  header.write('KDUMP   ', 0);
  for (const [index, text] of ['Linux', 'vm1', release, version, 'x86_64', '(none)'].entries()) {
    header.write(text, 12 + index * 65);
  }
  header.writeUInt32LE(status, 424);
  header.writeInt32LE(4096, 428);
  header.writeInt32LE(1, 432);
  header.writeUInt32LE(1, 436);
  const sub = Buffer.alloc(4096);
  sub.writeBigUInt64LE(12_288n, 32);
  sub.writeBigUInt64LE(BigInt(vmcoreinfo.length), 40);
  return Buffer.concat([header, sub, Buffer.alloc(4096), Buffer.from(vmcoreinfo, 'latin1'), Buffer.alloc(64)]);
}

/** The same in makedumpfile's flattened format: a header, one record, the end mark. All numbers are big-endian. */
export function flattened(content: Buffer): Buffer {
  const head = Buffer.alloc(4096);
  head.write('makedumpfile\0');
  head.writeBigInt64BE(1n, 16);
  head.writeBigInt64BE(1n, 24);
  const record = Buffer.alloc(16);
  record.writeBigInt64BE(BigInt(content.length), 8);
  return Buffer.concat([head, record, content, Buffer.alloc(16, 0xff)]);
}

import { randomBytes } from 'node:crypto';

const END_MARKER = Buffer.alloc(16, 0xff);

/** A dump of `inside` as makedumpfile -F writes one: a header of 4096 bytes, pieces with their place and size, the end. */
export function flattened(inside: Buffer): Buffer {
  const header = Buffer.alloc(4096);
  header.write('makedumpfile');
  header.writeBigInt64BE(1n, 16);
  header.writeBigInt64BE(1n, 24);
  const piece = (from: number, to: number): Buffer[] => {
    const place = Buffer.alloc(16);
    place.writeBigInt64BE(BigInt(from), 0);
    place.writeBigInt64BE(BigInt(to - from), 8);
    return [place, inside.subarray(from, to)];
  };
  const half = Math.floor(inside.length / 2);
  // Out of order, as makedumpfile does: the header comes last.
  return Buffer.concat([header, ...piece(half, inside.length), ...piece(0, half), END_MARKER]);
}

/** What makedumpfile -R makes of it. */
export function kdumpFile(size: number): Buffer {
  const bytes = randomBytes(size);
  bytes.write('KDUMP   ');
  return bytes;
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file, or a buffer in its place, of which only a few places are looked at. */
export interface Bytes {
  readonly size: number;
  /** What is there, at most `length` bytes: fewer where the file ends. */
  read(offset: number, length: number): Buffer;
}

export function bufferBytes(buffer: Buffer): Bytes {
  return { size: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

/** Opens a file for as long as `look` takes. @throws the system's error: no such file, not allowed, a directory */
export function withFileBytes<T>(path: string, look: (bytes: Bytes) => T): T {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    return look({
      size,
      read: (offset, length) => {
        // What a damaged header claims may lie far behind the end.
        const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
        return buffer.subarray(0, buffer.length > 0 ? readSync(file, buffer, 0, buffer.length, offset) : 0);
      },
    });
  } finally {
    closeSync(file);
  }
}

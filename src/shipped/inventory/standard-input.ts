import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { ProvisionError } from '../../errors.ts';

const CHUNK_BYTES = 65_536;
const MAX_BYTES = 64 * 1024 * 1024;
const RETRY_MS = 5;

/**
 * All of standard input, as text. `process.stdin` stays untouched: it would make a pipe non-blocking.
 * @throws ProvisionError E_USAGE for a terminal, E_INVENTORY for too much, or for what is no text
 */
export function standardInput(): string {
  if (isatty(0)) {
    throw new ProvisionError('E_USAGE', '-i - reads standard input, and that is a terminal', {
      hint: 'pipe an inventory in: ansible-inventory --list | provision facts -i -',
    });
  }
  const where = { file: 'stdin' };
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const length = readSome(chunk);
    if (length === 0) break;
    total += length;
    if (total > MAX_BYTES)
      throw new ProvisionError('E_INVENTORY', 'standard input is too big for an inventory', { where });
    chunks.push(chunk.subarray(0, length));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new ProvisionError('E_INVENTORY', 'standard input is no UTF-8 text', { where, cause });
  }
}

/** Whoever made the pipe may have made it non-blocking, and then it says EAGAIN while nothing is there. */
function readSome(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

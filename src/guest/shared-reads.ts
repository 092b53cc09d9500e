import type { OnReadOpts, Socket } from 'node:net';

const BYTES = Buffer.allocUnsafe(64 * 1024);

/**
 * Has a socket read into one buffer, the same for all sockets, and emit copies of what came, as `data`. Node by itself gets
 * 64 KiB for each read, and most reads are of less than one. It is not for a socket that somebody pauses: nothing is kept.
 * @param socket what the options are for, once it is there
 */
export function sharedReads(socket: () => Socket): { readonly onread: OnReadOpts } {
  const callback = (size: number, bytes: Uint8Array): boolean => {
    socket().emit('data', Buffer.from(bytes.subarray(0, size)));
    return true;
  };
  return { onread: { buffer: BYTES, callback } };
}

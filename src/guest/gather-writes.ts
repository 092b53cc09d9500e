import type { Socket } from 'node:net';

/**
 * Has a socket send in one go what is written to it in one turn. ssh2 writes a packet in three pieces, and often several
 * packets in answer to one: each would be a system call, a segment, and a reason for the other side to wake up. It takes a
 * socket that is connecting already: `connect` puts the usual `write` back (Node 20, lib/net.js).
 */
export function gatherWrites(socket: Socket): Socket {
  let gathering = false;
  const send = (): void => {
    gathering = false;
    socket.uncork();
  };
  const write = socket.write.bind(socket) as (...rest: unknown[]) => boolean;
  socket.write = (...rest: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(send);
    }
    return write(...rest);
  };
  return socket;
}

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { expect, it } from 'vitest';

import { sharedReads } from '../../src/guest/shared-reads.ts';

const SOCKETS = 5;
/** More than one read takes. */
const LENGTH = 300_000;

it('several sockets that read at the same time keep each their own bytes, in order, up to the end', async () => {
  const server = createServer((peer) => {
    peer.once('data', (first) => {
      const mark = first.toString();
      for (let sent = 0; sent < LENGTH; sent += 1000) peer.write(mark.repeat(1000));
      peer.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const all = await Promise.all(
    Array.from({ length: SOCKETS }, async (_each, index) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', ...sharedReads(() => socket) });
      const kept: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => kept.push(chunk)).write(String(index));
      await once(socket, 'close');
      return { text: Buffer.concat(kept).toString(), read: socket.bytesRead };
    }),
  );
  server.close();
  for (const [index, { text, read }] of all.entries()) {
    expect(read).toBe(LENGTH);
    expect(text === String(index).repeat(LENGTH)).toBe(true);
  }
});

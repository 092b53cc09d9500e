import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { gatherWrites } from '../../src/guest/gather-writes.ts';

const open: { destroy(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

/** A gathering socket, the other end of it, and how often the first went to the system. */
async function pair(): Promise<{ socket: Socket; peer: Socket; sends: () => number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arrival = once(server, 'connection') as Promise<[Socket]>;
  const socket = gatherWrites(connect((server.address() as AddressInfo).port, '127.0.0.1'));
  await once(socket, 'connect');
  const [peer] = await arrival;
  open.push(socket, peer, { destroy: () => server.close() });
  let sends = 0;
  const { _write: one, _writev: several } = socket;
  socket._write = (...rest) => {
    sends += 1;
    one.apply(socket, rest);
  };
  socket._writev = (...rest) => {
    sends += 1;
    several?.apply(socket, rest);
  };
  return { socket, peer, sends: () => sends };
}

async function received(peer: Socket, length: number): Promise<string> {
  let text = '';
  for await (const chunk of peer.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length >= length) break;
  }
  return text;
}

describe('gatherWrites', () => {
  it('sends what one turn wrote in one go, in its order', async () => {
    const { socket, peer, sends } = await pair();
    for (const piece of ['head', 'body', 'tag']) socket.write(Buffer.from(piece));
    expect(await received(peer, 11)).toBe('headbodytag');
    expect(sends()).toBe(1);
  });

  it('holds nothing back for the next turn', async () => {
    const { socket, peer, sends } = await pair();
    socket.write('first');
    expect(await received(peer, 5)).toBe('first');
    socket.write('second');
    expect(await received(peer, 6)).toBe('second');
    expect(sends()).toBe(2);
  });

  it('sends what was written in the turn of its end', async () => {
    const { socket, peer } = await pair();
    socket.write('last ');
    socket.end('words');
    expect(await received(peer, 10)).toBe('last words');
  });
});

import { createServer, type Server, type Socket } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openSession } from '../../src/guest/session.ts';
import { accessFrom, freePort, guestAt, makeHome, startSshd, type Home } from './support/sshd.ts';

let home: Home;
beforeAll(() => {
  home = makeHome();
});
afterAll(() => {
  home.remove();
});

/** A server that is no sshd, and what it does with a connection. */
async function withServer(
  onConnection: (socket: Socket, count: number) => void,
  use: (port: number, count: () => number) => Promise<void>,
): Promise<void> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket, ++count);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await use(address.port, () => count);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

const fails = (port: number, more = {}, host = '127.0.0.1'): Promise<unknown> =>
  openSession(guestAt(port, { host }), accessFrom(home, { connectTimeoutMs: 300, ...more })).then(
    () => 'connected',
    (error: unknown) => error,
  );

const matching = (code: string, message: RegExp): unknown =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(message) as string,
    hint: expect.any(String) as string,
    where: { guest: 'vm1' },
  });

describe('why a guest cannot be reached', () => {
  test('nobody listens', async () => {
    expect(await fails(await freePort())).toEqual(matching('E_UNREACHABLE', /refuses connections/));
  });

  test('no such name', async () => {
    expect(await fails(22, { connectTimeoutMs: 20_000 }, 'no-such-guest.invalid')).toEqual(
      matching('E_UNREACHABLE', /no-such-guest\.invalid (is not known|cannot be looked up)/),
    );
  });

  test('connects, then silence', async () => {
    await withServer(
      () => undefined,
      async (port, count) => {
        expect(await fails(port)).toEqual(matching('E_TIMEOUT', /sends no SSH banner \(waited 0\.3 s\)/));
        // It is tried once more: an overloaded server may have been slow.
        expect(count()).toBe(2);
      },
    );
  });

  test('a banner, then silence', async () => {
    await withServer(
      (socket) => socket.write('SSH-2.0-Silent\r\n'),
      async (port) => {
        expect(await fails(port)).toEqual(matching('E_TIMEOUT', /stopped answering in the key exchange/));
      },
    );
  });

  test('not SSH at all', async () => {
    await withServer(
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      async (port) => {
        expect(await fails(port, { connectTimeoutMs: 20_000 })).toEqual(
          matching('E_UNREACHABLE', /closes connections|./),
        );
      },
    );
  }, 30_000);

  test('no algorithm in common', async () => {
    const sshd = await startSshd([home.key], 'KexAlgorithms sntrup761x25519-sha512@openssh.com\n');
    expect(await fails(sshd.port, { connectTimeoutMs: 10_000 })).toEqual(
      matching('E_SSH_UNSUPPORTED', /no algorithm in common/),
    );
    await sshd.stop();
  });
});

describe('a busy server', () => {
  test('that closes connections is tried again, five times at most', async () => {
    await withServer(
      (socket) => socket.destroy(),
      async (port, count) => {
        expect(await fails(port, { connectTimeoutMs: 10_000 })).toEqual(
          matching('E_UNREACHABLE', /closes connections before the login/),
        );
        expect(count()).toBe(8);
      },
    );
  }, 30_000);

  test('with MaxStartups loses nobody', async () => {
    const sshd = await startSshd([home.key], 'MaxStartups 2:70:4\n');
    const access = accessFrom(home);
    const sessions = await Promise.all(
      Array.from({ length: 12 }, (_, index) => openSession(guestAt(sshd.port, { name: `vm${index}` }), access)),
    );
    await Promise.all(sessions.map((session) => session.close()));
    expect(sshd.log()).toMatch(/drop connection|MaxStartups/);
    expect(sessions.some(({ counters }) => counters.connections > 1 && counters.retries > 0)).toBe(true);
    await sshd.stop();
  }, 60_000);
});

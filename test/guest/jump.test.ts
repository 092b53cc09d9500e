import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { closeAccess, type AccessOptions } from '../../src/guest/access.ts';
import { openSession, type GuestSession } from '../../src/guest/session.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { accessFrom, freePort, guestAt, keygen, makeHome, startSshd, type Home, type Sshd } from './support/sshd.ts';

let home: Home;
let guest: Sshd;
let one: Sshd;
let two: Sshd;
const connections = (sshd: Sshd): number => sshd.log().match(/^Connection from /gm)?.length ?? 0;

beforeAll(async () => {
  home = makeHome();
  const [keyOne, keyTwo] = ['one', 'two'].map((name) => keygen(join(home.path, '.ssh', name)));
  guest = await startSshd([home.key]);
  one = await startSshd([keyOne ?? '']);
  two = await startSshd([keyTwo ?? '']);
  config();
}, 60_000);
afterAll(async () => {
  for (const sshd of [guest, one, two]) await sshd.stop();
  home.remove();
});

/** Two jump hosts with a port and a key each, and what else a test has to say, which goes first. */
function config(more = ''): void {
  const block = (name: string, { port }: Sshd): string =>
    `Host ${name}\n HostName 127.0.0.1\n Port ${port}\n User root\n IdentitiesOnly yes\n IdentityFile ~/.ssh/${name}\n`;
  home.write('config', `HashKnownHosts no\n${more}${block('one', one)}${block('two', two)}`);
}

async function open(more: Partial<Guest> = {}, options: AccessOptions = {}): Promise<GuestSession> {
  return openSession(guestAt(guest.port, more), accessFrom(home, options));
}

async function failure(more: Partial<Guest>, options: AccessOptions = {}): Promise<unknown> {
  return open(more, options).then(
    async (session) => {
      await session.close();
      return 'it got through';
    },
    (error: unknown) => error,
  );
}

async function says(session: GuestSession): Promise<string | undefined> {
  const { sections } = await session.runScript('section over; echo "$SSH_CONNECTION"');
  await session.close();
  return sections.get('over')?.toString().trim();
}

const unreachable = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'E_UNREACHABLE',
    message: expect.stringMatching(message) as string,
    where: { guest: 'vm1' },
  });

describe('a guest behind jump hosts', () => {
  test('two hops, each with a user, port and key of its own', async () => {
    const [before, last] = [connections(one), connections(two)];
    expect(await says(await open({ jump: 'one,root@two' }))).toMatch(new RegExp(` ${guest.port}$`));
    expect(connections(one) - before).toBe(1);
    expect(connections(two) - last).toBe(1);
  }, 30_000);

  test('from ssh_config, where a hop has a hop of its own', async () => {
    config(`Match host 127.0.0.1 originalhost 127.0.0.1\n ProxyJump two\nHost two\n ProxyJump one\n`);
    const [before, last] = [connections(one), connections(two)];
    expect(await says(await open())).toMatch(new RegExp(` ${guest.port}$`));
    expect([connections(one) - before, connections(two) - last]).toEqual([1, 1]);
    // The inventory has the last word.
    expect(await says(await open({ jump: 'none' }))).toMatch(/^127/);
    expect(connections(two) - last).toBe(1);
    config();
  }, 30_000);

  test('guests share one connection to it, which goes with the last of them', async () => {
    const access = accessFrom(home);
    const before = connections(one);
    const sessions = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        openSession(guestAt(guest.port, { name: `vm${index}`, jump: 'one' }), access),
      ),
    );
    expect(connections(one) - before).toBe(1);
    const said = await Promise.all(sessions.map((session) => session.runScript('section n; echo in')));
    expect(said.map(({ sections }) => sections.get('n')?.toString())).toEqual(Array(12).fill('in\n'));
    expect(sessions.map(({ counters }) => counters.connections)).toEqual(Array(12).fill(1));
    await Promise.all(sessions.map((session) => session.close()));
    // Soon afterwards it is still there, and closed it is opened anew.
    await (await openSession(guestAt(guest.port, { jump: 'one' }), access)).close();
    expect(connections(one) - before).toBe(1);
    await closeAccess(access);
    await (await openSession(guestAt(guest.port, { jump: 'one' }), access)).close();
    expect(connections(one) - before).toBe(2);
    await closeAccess(access);
  }, 60_000);

  test('megabytes both ways, through two', async () => {
    const session = await open({ jump: 'one,two' });
    const data = '0123456789abcde\n'.repeat(60_000);
    const { sections } = await session.runScript(
      `DATA='${data}'\nsection size; printf '%s' "\${#DATA}"; section back; printf '%s' "$DATA$DATA$DATA$DATA$DATA"`,
    );
    expect(sections.get('size')?.toString()).toBe(String(data.length));
    expect(sections.get('back')?.length).toBe(5 * data.length);
    expect(session.counters.bytesReceived).toBeGreaterThan(5 * data.length);
    expect(session.counters.bytesSent).toBeGreaterThan(data.length);
    await session.close();
  }, 60_000);
});

describe('what a jump host does wrong is told with its name', () => {
  test('it is not there', async () => {
    const port = await freePort();
    expect(await failure({ jump: `root@127.0.0.1:${port}` })).toEqual(
      unreachable(new RegExp(`^the jump host root@127\\.0\\.0\\.1:${port}: 127\\.0\\.0\\.1:${port} refuses`)),
    );
  });

  test('the first of two', async () => {
    const port = await freePort();
    expect(await failure({ jump: `127.0.0.1:${port},two` })).toEqual(
      unreachable(new RegExp(`^the jump host 127\\.0\\.0\\.1:${port}: 127`)),
    );
  });

  test('it does not let us in, and is not asked again for the next guest', async () => {
    config('Host one\n IdentityFile ~/.ssh/two\n IdentitiesOnly yes\n');
    writeFileSync(join(home.path, '.ssh/config'), readFileSync(join(home.path, '.ssh/config'), 'utf8').replace('~/.ssh/one', '~/.ssh/two')); // prettier-ignore
    const before = connections(one);
    const bad = accessFrom(home);
    for (const name of ['vm1', 'vm2'])
      await expect(openSession(guestAt(guest.port, { name, jump: 'one' }), bad)).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringMatching(/^the jump host one: root@127\.0\.0\.1 was not let in/) as string,
        where: { guest: name },
      });
    expect(connections(one) - before).toBe(1);
    config();
  }, 30_000);

  test('its key has changed', async () => {
    const other = readFileSync(`${home.key}.pub`, 'utf8');
    const known = home.write('hop_hosts', `hop ${other}`);
    config(`Host one\n HostKeyAlias hop\n UserKnownHostsFile ${known}\n`);
    expect(await failure({ jump: 'one' })).toMatchObject({
      code: 'E_HOST_KEY_CHANGED',
      message: expect.stringMatching(/^the jump host one: the host key of 127\.0\.0\.1 is not the one in/) as string,
      where: { guest: 'vm1' },
    });
    config();
  }, 30_000);

  test('it forwards nothing', async () => {
    const deaf = await startSshd([home.key], 'AllowTcpForwarding no\n');
    expect(await failure({ jump: `root@127.0.0.1:${deaf.port}` })).toEqual(
      unreachable(
        /^the jump host root@127\.0\.0\.1:\d+ does not forward to 127\.0\.0\.1:\d+.*administratively prohibited/,
      ),
    );
    await deaf.stop();
  }, 30_000);

  test('it does not reach the guest', async () => {
    const port = await freePort();
    expect(await failure({ jump: 'one', port })).toEqual(
      unreachable(new RegExp(`^the jump host one cannot reach 127\\.0\\.0\\.1:${port} .*: Connection refused`)),
    );
  }, 30_000);

  test('it is reached through itself', async () => {
    config('Host one\n ProxyJump two\nHost two\n ProxyJump one\n');
    expect(await failure({ jump: 'one' })).toEqual(unreachable(/^the jump host one is reached through itself/));
    config('Host *\n ProxyJump two\n');
    expect(await failure({})).toEqual(unreachable(/^the jump host two is reached through itself/));
    config();
  });

  test('it dies under its guests', async () => {
    const proxy = await startProxy(one.port);
    config(`Host gone\n HostName 127.0.0.1\n Port ${proxy.port}\n HostKeyAlias gone\n IdentityFile ~/.ssh/one\n`);
    const mine = accessFrom(home);
    const guests = ['vm1', 'vm2', 'vm3'].map((name) => guestAt(guest.port, { name, jump: 'root@gone,two' }));
    const sessions = await Promise.all(guests.map((each) => openSession(each, mine)));
    const running = sessions.map((session) =>
      session.runScript('section a; echo begun; sleep 60', { onLine: () => (begun += 1) === 3 && proxy.cut() }),
    );
    let begun = 0;
    for (const { reason } of (await Promise.allSettled(running)) as PromiseRejectedResult[])
      expect(reason).toMatchObject({
        code: 'E_CONNECTION_LOST',
        message: expect.stringMatching(/the connection was lost \(the jump host root@gone is gone/) as string,
      });
    await expect(sessions[0]?.runScript('true')).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST',
      message: expect.stringContaining('the jump host root@gone is gone') as string,
    });
    await Promise.all(sessions.map((session) => session.close()));
    // Whoever comes next gets a new connection.
    await (await openSession(guests[0] ?? guestAt(0), mine)).close();
    await closeAccess(mine);
    await proxy.stop();
    config();
  }, 60_000);
});

test('unknown keys of jump hosts are asked for before those of the guests behind them', async () => {
  const own = makeHome();
  own.write('config', readFileSync(join(home.path, '.ssh/config'), 'utf8'));
  for (const key of ['id_ed25519', 'one', 'two']) own.write(key, readFileSync(join(home.path, '.ssh', key), 'utf8'));
  const asked: string[][] = [];
  const hostKeys = <T extends { guest: string }>(keys: readonly T[]): Promise<readonly T[]> => {
    asked.push(keys.map((key) => key.guest).sort());
    return Promise.resolve(keys);
  };
  const access = accessFrom(own, { acceptNew: false, ask: { hostKeys }, handshakes: 1 });
  const sessions = await Promise.all(
    ['vm1', 'vm2'].map((name) => openSession(guestAt(guest.port, { name, jump: 'one,two' }), access)),
  );
  expect(asked).toEqual([['one'], ['two'], ['vm1', 'vm2']]);
  await Promise.all(sessions.map((session) => session.close()));
  await closeAccess(access);
  own.remove();
}, 60_000);

describe('ProxyCommand', () => {
  const relay = `${process.execPath} -e 'const s=require("net").connect(+process.argv[2],process.argv[1]);s.pipe(process.stdout);process.stdin.pipe(s)'`;

  test('carries the connection', async () => {
    config(`Host 127.0.0.1\n ProxyCommand ${relay} %h %p\n`);
    const session = await open();
    expect(await says(session)).toMatch(/^127/);
    expect(session.counters).toMatchObject({ connections: 1, channels: 1 });
    expect(session.counters.bytesReceived).toBeGreaterThan(1000);
    config();
  }, 30_000);

  test('its last word is in the error', async () => {
    config(`Host 127.0.0.1\n ProxyCommand sh -c 'echo "no way to %h" >&2; exit 3'\n`);
    expect(await failure({})).toEqual(unreachable(/^the ProxyCommand ended with exit 3: no way to 127\.0\.0\.1/));
    config('Host 127.0.0.1\n ProxyCommand none\n');
    expect(await says(await open())).toMatch(/^127/);
    config();
  }, 30_000);
});

/** Passes connections on to a port, until it is cut. */
async function startProxy(to: number): Promise<{ port: number; cut: () => void; stop: () => Promise<void> }> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    for (const end of [socket, onward]) {
      open.add(end);
      end.on('error', () => undefined).on('close', () => onward.destroy());
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    for (const end of open) end.destroy();
  };
  return {
    port: address.port,
    cut,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

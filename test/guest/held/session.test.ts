import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Access, AccessOptions } from '../../../src/guest/access.ts';
import { openSession, type GuestSession } from '../../../src/guest/session.ts';
import type { Guest } from '../../../src/inventory/guest.ts';
import { accessFrom, guestAt, makeHome, startSshd, type Home, type Sshd } from '../support/sshd.ts';
import { expectRawBytes, expectRawFailures } from '../support/raw.ts';
import { expectScripts } from '../support/scripts.ts';

let home: Home;
let sshd: Sshd;
let socket: string;
/** Where the guest's log ended before ssh connected. */
let before: number;
beforeAll(async () => {
  home = makeHome();
  sshd = await startSshd([home.key]);
  socket = join(home.path, 'held-127.0.0.1');
}, 60_000);
afterAll(async () => {
  await sshd.stop();
  home.remove();
});
beforeEach(() => {
  config();
  before = sshd.log().length;
  // It keeps what it has for standard error for as long as it runs.
  execFileSync('ssh', ['-F', join(home.path, '.ssh/config'), '-p', String(sshd.port), '-f', '-N', ...HOLDS(home.key), '127.0.0.1'], { stdio: 'ignore' }); // prettier-ignore
});
afterEach(() => {
  config();
  ssh('-O', 'exit');
  rmSync(socket, { force: true });
});

const HOLDS = (key: string): string[] =>
  ['ControlMaster=yes', 'ControlPersist=60', `IdentityFile=${key}`].flatMap((option) => ['-o', option]);

/** Nothing in it lets anybody in: who gets in does so by what is held. */
function config(path = join(home.path, 'held-%h')): void {
  home.write(
    'config',
    `Host *\n User root\n ControlPath ${path}\n IdentityFile ${home.path}/none\n IdentitiesOnly yes\n ConnectTimeout 2\n` +
      ` UserKnownHostsFile ${home.path}/.ssh/known_hosts\n GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking accept-new\n`,
  );
}

/** The ssh of this machine, about that connection. */
function ssh(...args: string[]): string {
  const { stdout, stderr } = spawnSync(
    'ssh',
    ['-F', join(home.path, '.ssh/config'), '-p', String(sshd.port), ...args, '127.0.0.1'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 5000 },
  );
  return stdout + stderr;
}

function access(more: AccessOptions = {}): Access {
  return accessFrom(home, { sshConfig: join(home.path, '.ssh/config'), ...more });
}

function open(more: Partial<Guest> = {}, through = access()): Promise<GuestSession> {
  return openSession(guestAt(sshd.port, more), through);
}

/** Whoever may not use what is held has nothing to get in with. */
const keyless = async (through = access()): Promise<unknown> =>
  open({}, through).then(
    (session) => session.close().then(() => 'it got through'),
    (error: unknown) => (error as { code: string }).code,
  );

describe('a connection that ssh holds', () => {
  test('is used, without a handshake, and stays with the ssh that holds it', async () => {
    const session = await open();
    await expectScripts(session);
    expect(session.counters.connections).toBe(0);
    await session.close();
    await session.close();
    const log = sshd.log().slice(before);
    // That of the ssh.
    expect(log.match(/^Connection from /gm)).toHaveLength(1);
    expect(log.match(/^Starting session: /gm)).toHaveLength(4);
    expect(ssh('-O', 'check')).toContain('Master running');
    await expect(session.runScript('true')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
  }, 30_000);

  test('is used by all sessions of a command, one after the other and at once', async () => {
    const through = access();
    const say = async (): Promise<number> => {
      const session = await open({}, through);
      const { exitCode } = await session.runScript('exit 7');
      await session.close();
      return exitCode;
    };
    expect([await say(), ...(await Promise.all([say(), say(), say()])), await say()]).toEqual([7, 7, 7, 7, 7]);
    expect(
      sshd
        .log()
        .slice(before)
        .match(/^Connection from /gm),
    ).toHaveLength(1);
  }, 30_000);

  test('carries raw bytes at the pace of who receives them, and megabytes both ways', async () => {
    const session = await open();
    await expectRawBytes(session);
    await expectRawFailures(session);
    const data = '0123456789abcde\n'.repeat(200_000);
    const { sections } = await session.runScript(`DATA='${data}'\nsection back; printf '%s' "$DATA$DATA"`);
    expect(sections.get('back')?.length).toBe(2 * data.length);
    await session.close();
  }, 60_000);

  test('outlives a deadline, an abort, and a shell that was killed', async () => {
    const session = await open();
    await expect(session.runScript('sleep 20', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'E_TIMEOUT' });
    const stop = new AbortController();
    const options = { signal: stop.signal, onLine: () => stop.abort() };
    await expect(session.runScript('section a; echo one; sleep 20', options)).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    });
    await expect(session.runScript('kill -9 $$')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
    await expect(session.runScript('exit 4')).resolves.toMatchObject({ exitCode: 4 });
    await session.close();
  }, 30_000);

  test('that ends under a script is lost, and the guest is connected to the next time', async () => {
    const through = access();
    const session = await open({}, through);
    const running = session.runScript('section x; echo begun; sleep 20', { onLine: () => void ssh('-O', 'exit') });
    await expect(running).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
    await session.close();
    const again = await open({ identityFiles: [home.key] }, through);
    expect((await again.runScript('exit 3')).exitCode).toBe(3);
    await again.close();
    expect(
      sshd
        .log()
        .slice(before)
        .match(/^Connection from /gm),
    ).toHaveLength(2);
  }, 30_000);

  test('whose session on the guest is killed is lost', async () => {
    const session = await open();
    await expect(session.runScript('section x; echo begun; kill -9 $PPID; sleep 5')).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST',
    });
    await session.close();
  }, 30_000);
});

describe('another is made', () => {
  test('where nobody is behind the socket, or there is none', async () => {
    ssh('-O', 'exit');
    expect(await keyless()).toBe('E_AUTH');
    // What an ssh leaves that was killed.
    execFileSync('python3', ['-c', 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', socket]);
    expect(await keyless()).toBe('E_AUTH');
  }, 30_000);

  test('where it is no socket, somebody else’s, or the configuration says none', async () => {
    chownSync(socket, 65534, 65534);
    expect(await keyless()).toBe('E_AUTH');
    chownSync(socket, process.getuid!(), process.getgid!());
    expect(await keyless()).toBe('it got through');
    config('none');
    expect(await keyless()).toBe('E_AUTH');
    const file = home.write('no-socket', '');
    config(file);
    expect(await keyless()).toBe('E_AUTH');
    config();
  }, 30_000);

  test.each([
    ['never answers', () => undefined],
    ['answers with something else', (write: (bytes: string) => void) => write('SSH-2.0-OpenSSH_9.2\r\n')],
    ['hangs up', (_write: unknown, end: () => void) => end()],
  ])(
    'where what listens there %s',
    async (_what, act) => {
      const path = join(home.path, 'strange');
      const sockets = new Set<Socket>();
      const server = createServer((peer) => {
        sockets.add(peer);
        peer.on('error', () => undefined);
        act(
          (bytes) => void peer.write(bytes),
          () => void peer.destroy(),
        );
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      config(path);
      try {
        expect(await keyless()).toBe('E_AUTH');
      } finally {
        for (const each of sockets) each.destroy();
        await new Promise((resolve) => server.close(resolve));
        config();
      }
    },
    30_000,
  );
});

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { closeAccess, type Access, type AccessOptions } from '../../src/guest/access.ts';
import { makeControlFolder } from '../../src/guest/openssh/control-folder.ts';
import { openSession, type GuestSession } from '../../src/guest/session.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { accessFrom, freePort, guestAt, keygen, makeHome, startSshd, type Home, type Sshd } from './support/sshd.ts';
import { expectScripts } from './support/scripts.ts';

let home: Home;
let sshd: Sshd;
let hop: Sshd;
beforeAll(async () => {
  home = makeHome();
  sshd = await startSshd([home.key]);
  hop = await startSshd([keygen(join(home.path, '.ssh', 'hop'))]);
  config();
}, 60_000);
afterAll(async () => {
  await sshd.stop();
  await hop.stop();
  home.remove();
});

const left = (): string[] => readdirSync(home.path).filter((name) => name.startsWith('provision-'));

/** ssh does not ask $HOME where it is, so that the files have to be named. */
function config(more = ''): void {
  home.write(
    'config',
    `${more}Host hop\n HostName 127.0.0.1\n Port ${hop.port}\n IdentityFile ${home.path}/.ssh/hop\n` +
      `Host *\n User root\n IdentityFile ${home.key}\n IdentitiesOnly yes\n UserKnownHostsFile ${home.path}/.ssh/known_hosts\n GlobalKnownHostsFile /dev/null\n`,
  );
}

function access(more: AccessOptions = {}): Access {
  return accessFrom(home, {
    sshConfig: join(home.path, '.ssh/config'),
    env: { XDG_RUNTIME_DIR: home.path },
    ...more,
  });
}

function open(more: Partial<Guest> = {}, through = access()): Promise<GuestSession> {
  return openSession(guestAt(sshd.port, { transport: 'openssh', ...more }), through);
}

async function failure(more: Partial<Guest> = {}, through = access()): Promise<unknown> {
  return open(more, through).then(
    async (session) => {
      await session.close();
      return 'it got through';
    },
    (error: unknown) => error,
  );
}

const matching = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string, where: { guest: 'vm1' } });

describe('the ssh of this machine', () => {
  test('runs scripts as the other transports do, over one connection that is gone afterwards', async () => {
    const before = sshd.log().length;
    const session = await open();
    await expectScripts(session);
    expect(session.counters.connections).toBe(1);
    await session.close();
    await session.close();
    const log = sshd.log().slice(before);
    expect(log.match(/^Connection from /gm)).toHaveLength(1);
    expect(log.match(/^Starting session: /gm)).toHaveLength(4);
    expect(left()).toEqual([]);
    await expect(session.runScript('true')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
  }, 30_000);

  test('megabytes both ways', async () => {
    const session = await open();
    const data = '0123456789abcde\n'.repeat(40_000);
    const { sections } = await session.runScript(`DATA='${data}'\nsection back; printf '%s' "$DATA$DATA$DATA"`);
    expect(sections.get('back')?.length).toBe(3 * data.length);
    await session.close();
  }, 30_000);

  test('a deadline, an abort, and a killed session', async () => {
    const session = await open();
    await expect(session.runScript('sleep 20', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'E_TIMEOUT' });
    const stop = new AbortController();
    const aborted = session.runScript('section a; echo one; sleep 20', { signal: stop.signal, onLine: () => { stop.abort(); } }); // prettier-ignore
    await expect(aborted).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await expect(session.runScript('exit 4')).resolves.toMatchObject({ exitCode: 4 });
    await expect(session.runScript('section x; echo begun; kill -9 $PPID; sleep 5')).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST',
    });
    await expect(session.runScript('true')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
    await session.close();
  }, 30_000);
});

describe('what ssh says becomes our codes', () => {
  test('nobody listens, no such name, no such user', async () => {
    expect(await failure({ port: await freePort() })).toEqual(matching('E_UNREACHABLE', /^root@127\.0\.0\.1:\d+: it refuses connections/)); // prettier-ignore
    expect(await failure({ host: 'no-such-guest.invalid' })).toEqual(
      matching('E_UNREACHABLE', /the name is not known/),
    );
    expect(await failure({ user: 'nobody' })).toEqual(
      matching('E_AUTH', /^nobody@.*did not let us in \(.*Permission denied/),
    );
    expect(left()).toEqual([]);
  }, 30_000);

  test('host keys: unknown is refused, or written down with --accept-new; changed is always refused', async () => {
    const known = home.write('known_hosts', '');
    expect(await failure({}, access({ acceptNew: false }))).toEqual(matching('E_HOST_KEY_UNKNOWN', /is not known/));
    expect(readFileSync(known, 'utf8')).toBe('');
    expect(await failure()).toBe('it got through');
    expect(readFileSync(known, 'utf8')).toContain(`[127.0.0.1]:${sshd.port} ssh-ed25519`);
    home.write('known_hosts', `[127.0.0.1]:${sshd.port} ${readFileSync(`${home.key}.pub`, 'utf8')}`);
    expect(await failure()).toEqual(matching('E_HOST_KEY_CHANGED', /not the one on record/));
    config('StrictHostKeyChecking no\n');
    expect(await failure()).toEqual(matching('E_HOST_KEY_CHANGED', /not the one on record/));
    config('StrictHostKeyChecking yes\n');
    home.write('known_hosts', '');
    expect(await failure()).toEqual(matching('E_HOST_KEY_UNKNOWN', /is not known/));
    config();
  }, 30_000);

  test('a busy server is tried again, a silent one is not waited for for ever', async () => {
    const busy = await startSshd([home.key], 'MaxStartups 1:100:1\n');
    const through = access();
    const sessions = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        openSession(guestAt(busy.port, { name: `vm${index}`, transport: 'openssh' }), through),
      ),
    );
    await Promise.all(sessions.map((session) => session.close()));
    expect(sessions.some(({ counters }) => counters.retries > 0)).toBe(true);
    await busy.stop();
  }, 60_000);

  test('a configuration that ssh refuses, in its words', async () => {
    const through = access();
    config('Prot 2222\n');
    expect(await failure({}, through)).toEqual(
      matching('E_SSH_UNSUPPORTED', /ssh refuses its configuration: .*prot|terminating/),
    );
    config();
  });
});

describe('what ssh2 has not', () => {
  test('certificates: the other transport says so', async () => {
    const ca = keygen(join(home.path, 'ca'));
    const key = keygen(join(home.path, 'certified'));
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'me', '-n', 'root', `${key}.pub`]);
    const own = await startSshd([ca], `TrustedUserCAKeys ${ca}.pub\nAuthorizedKeysFile none\n`);
    config(
      `Host cert\n HostName 127.0.0.1\n Port ${own.port}\n CertificateFile ${key}-cert.pub\n IdentityFile ${key}\n`,
    );
    const guest = { host: 'cert', port: own.port, identityFiles: [key] };
    expect(await failure({ ...guest, transport: 'ssh' })).toEqual(matching('E_AUTH', /certificates are not used \(--transport openssh uses them\)/)); // prettier-ignore
    expect(await failure(guest)).toBe('it got through');
    config();
    await own.stop();
  }, 30_000);

  test('Match exec', async () => {
    config(`Match host 127.0.0.1 exec "true"\n User root\n`);
    expect(await failure({ transport: 'ssh' })).toMatchObject({ code: 'E_SSH_UNSUPPORTED', message: expect.stringContaining('Match exec') as string }); // prettier-ignore
    expect(await failure()).toBe('it got through');
    config();
  }, 30_000);
});

describe('jump hosts', () => {
  test('are connected to once, with their own key, whoever goes through', async () => {
    const before = hop.log().length;
    const through = access();
    const sessions = await Promise.all(
      Array.from({ length: 5 }, (_, index) => open({ name: `vm${index}`, jump: 'hop' }, through)),
    );
    const said = await Promise.all(sessions.map((session) => session.runScript('section n; echo in')));
    expect(said.map(({ sections }) => sections.get('n')?.toString())).toEqual(Array(5).fill('in\n'));
    expect(
      hop
        .log()
        .slice(before)
        .match(/^Connection from /gm),
    ).toHaveLength(1);
    await Promise.all(sessions.map((session) => session.close()));
    await closeAccess(through);
    expect(left()).toEqual([]);
  }, 60_000);

  test('are named in the error', async () => {
    const port = await freePort();
    expect(await failure({ jump: `root@127.0.0.1:${port}` })).toEqual(
      matching('E_UNREACHABLE', new RegExp(`^the jump host root@127\\.0\\.0\\.1:${port}: root@127.*refuses`)),
    );
    expect(await failure({ jump: 'hop', port })).toEqual(matching('E_UNREACHABLE', /the jump host opens no connection there/)); // prettier-ignore
    config('Host hop\n ProxyJump hop\n');
    expect(await failure({ jump: 'hop' })).toEqual(matching('E_UNREACHABLE', /^the jump host hop is reached through itself/)); // prettier-ignore
    config();
  }, 30_000);

  test('that die under a script are named too', async () => {
    const own = await startSshd([home.key]);
    const through = access();
    const session = await open({ jump: `root@127.0.0.1:${own.port}` }, through);
    const running = session.runScript('section a; echo begun; sleep 20', {
      onLine: () => {
        killChildren(own);
      },
    });
    await expect(running).rejects.toMatchObject({
      code: 'E_CONNECTION_LOST',
      message: expect.stringContaining(`the jump host root@127.0.0.1:${own.port} is gone`) as string,
    });
    await session.close();
    await closeAccess(through);
    await own.stop();
  }, 60_000);
});

test('the socket goes where its path is short and plain', async () => {
  const long = `/tmp/${'x'.repeat(90)}`;
  const folder = await makeControlFolder({ XDG_RUNTIME_DIR: '/nowhere' }, [long, '/tmp/a b', '/tmp']);
  expect(folder.socket).toMatch(/^\/tmp\/provision-\w+\/s$/);
  await folder.remove();
  expect(existsSync(join(folder.socket, '..'))).toBe(false);
  await expect(makeControlFolder({}, [long])).rejects.toMatchObject({ code: 'E_LOCAL_TOOL' });
});

/** What `sshd` has started for its connections. */
function killChildren({ folder }: Sshd): void {
  const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
  execFileSync('pkill', ['-9', '-P', pid]);
}

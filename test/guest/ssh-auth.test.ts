import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Secret } from '../../src/guest/secret.ts';
import { openSession } from '../../src/guest/session.ts';
import { closeAccess, type AccessOptions } from '../../src/guest/access.ts';
import type { Guest } from '../../src/inventory/guest.ts';
import { accessFrom, guestAt, keygen, makeHome, startSshd, type Home, type Sshd } from './support/sshd.ts';

let home: Home;
let sshd: Sshd;
let locked: string;
let agent: { readonly socket: string; readonly child: ChildProcess };

/** Keys that the server knows, beside the client's default one. */
const TYPES = ['rsa', 'ecdsa'] as const;

beforeAll(async () => {
  home = makeHome();
  const known = TYPES.map((type) => keygen(join(home.path, `known_${type}`), type));
  locked = keygen(join(home.path, 'locked'), 'ed25519', 'open sesame');
  sshd = await startSshd([...known, locked], 'MaxAuthTries 4\n');
  agent = await startAgent(join(home.path, 'agent.sock'));
});
afterAll(async () => {
  agent.child.kill();
  await sshd.stop();
  home.remove();
});

async function startAgent(socket: string): Promise<typeof agent> {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { socket, child };
}

function addToAgent(...files: string[]): void {
  spawnSync('ssh-add', ['-q', '-D'], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, stdio: 'ignore' });
  for (const file of files)
    spawnSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket } });
}

async function login(guest: Partial<Guest> = {}, access: AccessOptions = {}): Promise<number> {
  const session = await openSession(guestAt(sshd.port, guest), accessFrom(home, access));
  await session.close();
  return session.counters.connections;
}

const withAgent = (): AccessOptions => ({ env: { SSH_AUTH_SOCK: agent.socket } });

/** Lines of this connection alone: the server's log grows over the tests. */
async function logOf(run: () => Promise<unknown>): Promise<string> {
  const before = sshd.log().length;
  await run();
  await expect.poll(() => sshd.log().slice(before)).toMatch(/Disconnected|closed|Received disconnect|disconnect/i);
  return sshd.log().slice(before);
}

describe('keys', () => {
  test.each(TYPES)('a %s key file', async (type) => {
    await expect(login({ identityFiles: [join(home.path, `known_${type}`)] })).resolves.toBe(1);
  });

  test('the named key is the only one tried', async () => {
    const log = await logOf(() => login({ identityFiles: [join(home.path, 'known_rsa')] }));
    expect(log).not.toContain('Failed');
  });

  test('none fits: what was tried, what the server takes', async () => {
    await expect(login()).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringMatching(/root@127\.0\.0\.1 .*tried .*id_ed25519; the server takes publickey/) as string,
      hint: expect.stringContaining('authorized_keys') as string,
      where: { guest: 'vm1' },
    });
  });

  test('a key that is not there, or no key at all, is named', async () => {
    await expect(login({ identityFiles: ['/nowhere/key', '/etc/hostname'] })).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringMatching(/nothing to try; \/nowhere\/key does not exist; \/etc\/hostname cannot be read/) as string, // prettier-ignore
    });
  });

  test('security keys and certificates are an error only when there is nothing else', async () => {
    const fido = join(home.path, 'id_ed25519_sk');
    // The public part alone tells what it is.
    home.write('../id_ed25519_sk', readFileSync(`${home.key}.pub`, 'utf8').replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com')); // prettier-ignore
    await expect(login({ identityFiles: [fido] })).rejects.toMatchObject({
      code: 'E_SSH_UNSUPPORTED',
      message: expect.stringContaining('FIDO') as string,
    });
    await expect(login({ identityFiles: [fido, join(home.path, 'known_rsa')] })).resolves.toBe(1);
    rmSync(fido);
  });
});

describe('encrypted keys', () => {
  test('are asked for once for all guests, and only if the server would take them', async () => {
    const asked: string[] = [];
    const passphrase = (file: string): Promise<Secret> => {
      asked.push(file);
      return Promise.resolve(Secret.of('open sesame'));
    };
    const access = accessFrom(home, { ask: { passphrase } });
    const foreign = keygen(join(home.path, 'foreign'), 'ed25519', 'other');
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const guest = guestAt(sshd.port, { name, identityFiles: [foreign, locked] });
        const session = await openSession(guest, access);
        await session.close();
      }),
    );
    expect(asked).toEqual([locked]);
  });

  test('once for a jump host and the guests behind it', async () => {
    const asked: string[] = [];
    const passphrase = (file: string): Promise<Secret> => {
      asked.push(file);
      return Promise.resolve(Secret.of('open sesame'));
    };
    home.write('config', `Host hop\n HostName 127.0.0.1\n Port ${sshd.port}\n User root\n IdentityFile ${locked}\n`);
    const access = accessFrom(home, { ask: { passphrase } });
    const sessions = await Promise.all(
      ['a', 'b'].map((name) =>
        openSession(guestAt(sshd.port, { name, host: 'localhost', identityFiles: [locked], jump: 'hop' }), access),
      ),
    );
    expect(asked).toEqual([locked]);
    await Promise.all(sessions.map((session) => session.close()));
    await closeAccess(access);
    home.write('config', '');
  }, 30_000);

  test('in the old PEM format, without its public key', async () => {
    const old = keygen(join(home.path, 'old'), 'rsa', 'open sesame', '-m', 'PEM');
    rmSync(`${old}.pub`);
    const asked: string[] = [];
    const passphrase = (file: string): Promise<Secret> => {
      asked.push(file);
      return Promise.resolve(Secret.of('open sesame'));
    };
    const identityFiles = [old, join(home.path, 'known_rsa')];
    await login({ identityFiles }, { ask: { passphrase } });
    expect(asked).toEqual([old]);
  });

  test('a wrong passphrase is asked for three times, then the next key is tried', async () => {
    let asked = 0;
    const passphrase = (): Promise<Secret> => Promise.resolve(Secret.of(`wrong ${asked++}`));
    await login({ identityFiles: [locked, join(home.path, 'known_rsa')] }, { ask: { passphrase } });
    expect(asked).toBe(3);
    const failure = login({ identityFiles: [locked] }, { ask: { passphrase } });
    await expect(failure).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringMatching(/locked is encrypted, and the passphrase is wrong/) as string,
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('wrong 4') as string });
  }, 30_000);

  test('without a terminal they say so', async () => {
    await expect(login({ identityFiles: [locked] })).rejects.toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('no terminal') as string,
    });
  });
});

describe('an agent', () => {
  test.each(TYPES)('signs with a %s key', async (type) => {
    addToAgent(join(home.path, `known_${type}`));
    await expect(login({}, withAgent())).resolves.toBe(1);
  });

  test('holds the key of an encrypted file: no question, and other keys of the agent are not tried first', async () => {
    addToAgent(home.key, ...['o1', 'o2', 'o3', 'o4'].map((name) => keygen(join(home.path, name))));
    const open = keygen(join(home.path, 'known_rsa2'));
    expect(open).toBeTruthy();
    const log = await logOf(() => login({ identityFiles: [join(home.path, 'known_rsa')] }, withAgent()));
    expect(log).not.toContain('Failed');
  });

  test('with more keys than the server has patience for is explained', async () => {
    await expect(login({}, withAgent())).rejects.toMatchObject({
      code: 'E_AUTH',
      hint: expect.stringContaining('IdentitiesOnly') as string,
    });
    home.write('config', `IdentitiesOnly yes\nIdentityFile ${join(home.path, 'known_rsa')}\n`);
    await expect(login({}, withAgent())).resolves.toBe(1);
    home.write('config', '');
  });

  test('that does not answer is as good as none', async () => {
    const env = { SSH_AUTH_SOCK: '/nowhere/agent' };
    await expect(login({ identityFiles: [join(home.path, 'known_rsa')] }, { env })).resolves.toBe(1);
  });
});

test('a password that is wrong is tried once, and is in no message', async () => {
  const own = await startSshd([], 'PasswordAuthentication yes\nPermitRootLogin yes\nKbdInteractiveAuthentication no\n');
  const password = Secret.of('canary-9b1f');
  const failure = openSession(guestAt(own.port), accessFrom(home, { password })).catch((error: unknown) => error);
  const error = (await failure) as Error;
  expect(error).toMatchObject({ code: 'E_AUTH', message: expect.stringMatching(/tried .*password; the server takes/) as string }); // prettier-ignore
  expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain('canary');
  expect(own.log().match(/Failed password/g)).toHaveLength(1);
  await own.stop();
});

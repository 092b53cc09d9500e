import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openSession, type GuestSession } from '../../src/guest/session.ts';
import { expectRawBytes, expectRawFailures } from './support/raw.ts';
import { accessFrom, guestAt, makeHome, startSshd, type Home, type Sshd } from './support/sshd.ts';

let home: Home;
let sshd: Sshd;
beforeAll(async () => {
  home = makeHome();
  sshd = await startSshd([home.key], 'ClientAliveInterval 60\n', ['ed25519', 'rsa']);
});
afterAll(async () => {
  await sshd.stop();
  home.remove();
});

async function withSession<T>(use: (session: GuestSession) => Promise<T>): Promise<T> {
  const session = await openSession(guestAt(sshd.port), accessFrom(home));
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

describe('a script over SSH', () => {
  test('gives sections, lines as they come, standard error and an exit code, on one channel', async () => {
    const lines: string[] = [];
    await withSession(async (session) => {
      const result = await session.runScript(
        `section os; echo "it's Debian"; section blob; printf '\\000\\377\\n'; echo oops >&2; cat; exit 5`,
        { onLine: (section, line) => lines.push(`${section}: ${line}`) },
      );
      expect(result.exitCode).toBe(5);
      expect(result.sections.get('os')?.toString()).toBe("it's Debian\n");
      expect(result.sections.get('blob')).toEqual(Buffer.from([0, 255, 10]));
      expect(result.stderrTail).toBe('oops\n');
      expect(lines[0]).toBe("os: it's Debian");
      expect(session.counters).toMatchObject({ connections: 1, channels: 1 });
      expect(session.counters.bytesReceived).toBeGreaterThan(1000);
      expect(session.counters.bytesSent).toBeGreaterThan(1000);
    });
  });

  test('several scripts, also at once, stay apart', async () => {
    await withSession(async (session) => {
      const said = await Promise.all(
        [1, 2, 3].map(async (number) => {
          const { sections } = await session.runScript(`section n; echo ${number}`);
          return sections.get('n')?.toString();
        }),
      );
      expect(said).toEqual(['1\n', '2\n', '3\n']);
      expect(session.counters).toMatchObject({ connections: 1, channels: 3 });
    });
  });

  test('raw bytes, at the pace of who receives them', async () => {
    await withSession(async (session) => {
      await expectRawBytes(session);
      await expectRawFailures(session);
    });
  });

  test('megabytes both ways', async () => {
    await withSession(async (session) => {
      const data = '0123456789abcde\n'.repeat(40_000);
      const script = `section size; printf '%s' "\${#DATA}"; section back; printf '%s' "$DATA$DATA$DATA$DATA$DATA"`;
      const { sections } = await session.runScript(`DATA='${data}'\n${script}`);
      expect(sections.get('size')?.toString()).toBe(String(data.length));
      expect(sections.get('back')?.length).toBe(5 * data.length);
    });
  });

  test('does not wait for what it left in the background', async () => {
    await withSession(async (session) => {
      const { sections } = await session.runScript('sleep 30 & section pid; echo $!');
      process.kill(Number(sections.get('pid')?.toString()));
    });
  });

  test('a deadline and an abort end it, and leave the connection usable', async () => {
    await withSession(async (session) => {
      const stop = new AbortController();
      const script = 'section a; echo one; sleep 2; echo late';
      const aborted = session.runScript(script, {
        signal: stop.signal,
        onLine: () => {
          stop.abort();
        },
      });
      await expect(aborted).rejects.toMatchObject({ code: 'E_INTERRUPTED', where: { guest: 'vm1' } });
      await expect(session.runScript('sleep 2', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_TIMEOUT' });
      await expect(session.runScript('exit 4')).resolves.toMatchObject({ exitCode: 4 });
    });
  });

  test('a killed shell, a killed session and a closed one are lost connections', async () => {
    await withSession(async (session) => {
      await expect(session.runScript('kill -9 $$')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
      // The parent of the shell is the sshd of this session.
      const killed = session.runScript('section x; echo begun; kill -9 $PPID; sleep 5');
      await expect(killed).rejects.toMatchObject({ code: 'E_CONNECTION_LOST', where: { guest: 'vm1' } });
      await expect(session.runScript('true')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
    });
    const session = await openSession(guestAt(sshd.port), accessFrom(home));
    await session.close();
    await session.close();
    await expect(session.runScript('true')).rejects.toMatchObject({ code: 'E_CONNECTION_LOST' });
  });
});

describe('host keys', () => {
  const keyLine = (type: string): string => readFileSync(join(sshd.folder, `host_${type}.pub`), 'utf8');
  const open = async (own: Home, more = {}): Promise<void> => {
    const session = await openSession(guestAt(sshd.port), accessFrom(own, more));
    await session.close();
  };
  /** A home of its own with our key, since known_hosts is what is tested. */
  const fresh = (known = ''): Home => {
    const own = makeHome();
    own.write('id_ed25519', readFileSync(home.key, 'utf8'));
    // The machine's own ssh_config may say otherwise.
    own.write('config', 'HashKnownHosts no\n');
    if (known !== '') own.write('known_hosts', known);
    return own;
  };

  test('unknown: refused without a terminal, with the fingerprint and two ways on', async () => {
    const own = fresh();
    const error = await open(own, { acceptNew: false }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'E_HOST_KEY_UNKNOWN', where: { guest: 'vm1' } });
    expect((error as Error).message).toMatch(/SHA256:[\w+/]{43}/);
    expect((error as { hint: string }).hint).toContain('--accept-new');
    expect((error as { hint: string }).hint).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1`);
    expect(existsSync(join(own.path, '.ssh/known_hosts'))).toBe(false);
    own.remove();
  });

  test('accept-new writes it once, appending, and never over a changed one', async () => {
    const own = fresh();
    const file = join(own.path, '.ssh/known_hosts');
    await open(own, { acceptNew: true });
    const first = readFileSync(file, 'utf8');
    expect(first).toBe(`[127.0.0.1]:${sshd.port} ${keyLine('ed25519').split(' ').slice(0, 2).join(' ')}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await open(own, { acceptNew: true });
    expect(readFileSync(file, 'utf8')).toBe(first);
    await open(own, { acceptNew: false });
    own.write('known_hosts', '# no newline at the end');
    await open(own, { acceptNew: true });
    expect(readFileSync(file, 'utf8')).toBe(`# no newline at the end\n${first}`);

    const other = makeHome();
    const changed = `# mine\n[127.0.0.1]:${sshd.port} ${readFileSync(`${other.key}.pub`, 'utf8')}`;
    own.write('known_hosts', changed);
    await expect(open(own, { acceptNew: true })).rejects.toMatchObject({
      code: 'E_HOST_KEY_CHANGED',
      message: expect.stringContaining(`${file}:2`) as string,
      hint: expect.stringContaining('ssh-keygen') as string,
    });
    expect(readFileSync(file, 'utf8')).toBe(changed);
    own.remove();
    other.remove();
  });

  test('a key type on record is asked for, though the server has a better one', async () => {
    const own = fresh(`[127.0.0.1]:${sshd.port} ${keyLine('rsa')}`);
    await open(own, { acceptNew: false });
    // Hashed, the type is seen only when the key that was shown is not on record: that costs a second connection.
    execFileSync('ssh-keygen', ['-H', '-f', join(own.path, '.ssh/known_hosts')], { stdio: 'ignore' });
    const session = await openSession(guestAt(sshd.port), accessFrom(own, { acceptNew: false }));
    expect(session.counters.connections).toBe(2);
    await session.close();
    own.remove();
  });

  test('a revoked key is refused', async () => {
    const own = fresh(`[127.0.0.1]:${sshd.port} ${keyLine('ed25519')}@revoked * ${keyLine('ed25519')}`);
    await expect(open(own)).rejects.toMatchObject({ code: 'E_HOST_KEY_REVOKED' });
    own.remove();
  });

  test('hashed, aliased, in a second file, after HashKnownHosts', async () => {
    const own = fresh();
    own.write('config', 'Host *\n HostKeyAlias fleet\n HashKnownHosts yes\n UserKnownHostsFile ~/.ssh/a ~/.ssh/b\n');
    await open(own, { acceptNew: true });
    const text = readFileSync(join(own.path, '.ssh/a'), 'utf8');
    expect(text).toMatch(/^\|1\|/);
    own.write('a', '');
    own.write('b', text);
    await open(own, { acceptNew: false });
    own.write('b', `fleet ${keyLine('ed25519')}`);
    await open(own, { acceptNew: false });
    own.remove();
  });

  test('strict: yes refuses even with --accept-new, accept-new and no accept', async () => {
    const own = fresh();
    own.write('config', 'StrictHostKeyChecking yes\n');
    await expect(open(own)).rejects.toMatchObject({ code: 'E_HOST_KEY_UNKNOWN' });
    own.write('config', 'StrictHostKeyChecking no\n');
    await open(own, { acceptNew: false });
    own.remove();
  });

  test('one question for the whole fleet', async () => {
    const own = fresh();
    const asked: string[][] = [];
    const hostKeys = <T extends { guest: string }>(keys: readonly T[]): Promise<T[]> => {
      asked.push(keys.map(({ guest }) => guest).sort());
      return Promise.resolve(keys.filter(({ guest }) => guest !== 'no'));
    };
    const guests = ['127.0.0.1', '127.0.0.1', 'localhost', 'no'];
    own.write('config', 'HashKnownHosts no\nHost no\n HostName 127.0.0.1\n HostKeyAlias no\n');
    const access = accessFrom(own, { acceptNew: false, ask: { hostKeys }, handshakes: 2 });
    const results = await Promise.allSettled(
      guests.map(async (host, index) => {
        const session = await openSession(
          guestAt(sshd.port, { name: host === 'no' ? 'no' : `vm${index}`, host }),
          access,
        );
        await session.close();
      }),
    );
    expect(asked).toEqual([['no', 'vm0', 'vm1', 'vm2']]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    const lines = readFileSync(join(own.path, '.ssh/known_hosts'), 'utf8').trim().split('\n');
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(
      [`[127.0.0.1]:${sshd.port}`, `[localhost]:${sshd.port}`].sort(),
    );
    own.remove();
  });

  test('a known_hosts that cannot be written is a note, no failure', async () => {
    const own = fresh();
    const notes: string[] = [];
    own.write('config', 'UserKnownHostsFile /proc/version/known_hosts\n');
    await open(own, { acceptNew: true, note: (text: string) => notes.push(text) });
    expect(notes).toHaveLength(1);
    own.remove();
  });
});

test('a chatty login shell changes nothing', async () => {
  const own = makeHome();
  const chatty = await startSshd([own.key], `ForceCommand echo Welcome; printf 'no newline'; echo warn >&2; eval "$SSH_ORIGINAL_COMMAND"\nBanner ${own.write('banner', 'Authorized use only\n')}\n`); // prettier-ignore
  appendFileSync(join(own.path, '.ssh/config'), 'ConnectTimeout 9\n');
  const session = await openSession(guestAt(chatty.port), accessFrom(own));
  const result = await session.runScript('section a; echo one');
  expect(result.sections).toEqual(new Map([['a', Buffer.from('one\n')]]));
  expect(result.preamble).toBe('Welcome\nno newline');
  await session.close();
  await chatty.stop();
  own.remove();
});

test.each([
  ['internal-sftp', 'E_GUEST_SHELL', /SFTP/],
  ['/usr/sbin/nologin', 'E_GUEST_SHELL', /no login shell/],
  ['/bin/false', 'E_GUEST_SHELL', /without running sh \(exit 1\)/],
  ['no-such-command-here', 'E_GUEST_SHELL', /cannot start sh/],
  ["echo 'This service allows sftp connections only.'", 'E_GUEST_SHELL', /SFTP only/],
])('ForceCommand %s', async (force, code, message) => {
  const own = makeHome();
  const forced = await startSshd([own.key], `ForceCommand ${force}\n`);
  const session = await openSession(guestAt(forced.port), accessFrom(own));
  await expect(session.runScript('echo hi', { timeoutMs: 5000 })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
    where: { guest: 'vm1' },
  });
  await session.close();
  await forced.stop();
  own.remove();
});

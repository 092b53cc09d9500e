import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadAccess, type Access, type AccessOptions } from '../../../src/guest/access.ts';
import type { Guest } from '../../../src/inventory/guest.ts';

export interface Sshd {
  readonly port: number;
  readonly folder: string;
  /** Everything that the server logged so far. */
  log(): string;
  stop(): Promise<void>;
}

/** A folder with a client's home: a key without a passphrase, and no known hosts. */
export interface Home {
  readonly path: string;
  readonly key: string;
  write(name: string, text: string, mode?: number): string;
  remove(): void;
}

export function makeHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'provision-home-'));
  mkdirSync(join(path, '.ssh'), { mode: 0o700 });
  const key = keygen(join(path, '.ssh', 'id_ed25519'));
  return {
    path,
    key,
    write: (name, text, mode = 0o600) => {
      const file = join(path, '.ssh', name);
      writeFileSync(file, text, { mode });
      return file;
    },
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function keygen(file: string, type = 'ed25519', passphrase = '', ...more: string[]): string {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file, ...more]);
  return file;
}

/** A real sshd of this machine on a loopback port, with a configuration of its own and keys that are made for it. */
export async function startSshd(authorizedKeys: readonly string[], more = '', hostKeys = ['ed25519']): Promise<Sshd> {
  // The privilege separation folder is compiled in.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(join(tmpdir(), 'provision-sshd-'));
  const keys = hostKeys.map((type) => keygen(join(folder, `host_${type}`), type));
  const authorized = join(folder, 'authorized_keys');
  writeFileSync(authorized, authorizedKeys.map((file) => readFileSync(`${file}.pub`, 'utf8')).join(''));
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      // The first value of an option wins.
      more,
      `Port ${port}`,
      // Where there is no IPv6, sshd says so and goes on; the last address is the one to wait for.
      'ListenAddress ::1',
      'ListenAddress 127.0.0.1',
      ...keys.map((key) => `HostKey ${key}`),
      `AuthorizedKeysFile ${authorized}`,
      `PidFile ${join(folder, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      // Of this one the last value wins.
      more.includes('MaxStartups') ? '' : 'MaxStartups 100:30:200',
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  );
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('Server listening on 127.0.0.1')) resolve();
    });
    child.on('close', () => {
      reject(new Error(`sshd ended: ${text}`));
    });
  });
  return {
    port,
    folder,
    log: () => text,
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export function guestAt(port: number, more: Partial<Guest> = {}): Guest {
  return {
    name: 'vm1',
    transport: 'ssh',
    host: '127.0.0.1',
    port,
    user: 'root',
    become: false,
    groups: [],
    vars: [],
    ...more,
  };
}

export function accessFrom(home: Home, more: AccessOptions = {}): Access {
  return loadAccess({ home: home.path, env: {}, acceptNew: true, connectTimeoutMs: 10_000, ...more });
}

// A Redis of its own, as docs/redis.md wants one: append-only, and nothing is dropped when its memory is full.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** @param folder for its files, in a folder of their own */
export async function startRedis(folder) {
  const port = await freePort();
  const directory = mkdtempSync(path.join(folder, 'redis-'));
  const options = { bind: '127.0.0.1', port, dir: directory, save: '', appendonly: 'yes', logfile: 'redis.log' };
  const argv = Object.entries({ ...options, 'maxmemory-policy': 'noeviction' }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  // The kernel ends it when we are gone, however we went.
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...argv], { stdio: 'ignore' });
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const dead = new Promise((_, reject) =>
    server.once('exit', (code) => reject(new Error(`redis-server: exit ${code}`))),
  );
  dead.catch(() => undefined);
  await Promise.race([
    client.ping(),
    dead,
    wait(30_000).then(() => Promise.reject(new Error('redis-server is silent'))),
  ]);
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    end: () => {
      client.disconnect();
      server.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What it says of itself, by name; numbers where it says numbers. */
export async function infoOf(client) {
  const text = await client.info();
  const pairs = [...text.matchAll(/^(?<name>\w+):(?<value>[\d.]+)\r?$/gmu)];
  return Object.fromEntries(pairs.map(({ groups }) => [groups.name, Number(groups.value)]));
}

/** CPU seconds so far; those that it spent on rewriting its append-only file, too. */
export function cpuOf(info) {
  const names = ['used_cpu_sys', 'used_cpu_user', 'used_cpu_sys_children', 'used_cpu_user_children'];
  return names.reduce((sum, name) => sum + info[name], 0);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

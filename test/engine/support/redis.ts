import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { ran } from '../../lab/support/lab.ts';
import type { Certificate } from './certificates.ts';

export interface RedisOptions {
  /** One that is free, unless it is named. */
  port?: number;
  /** Password of the default user. */
  auth?: string;
  /** Lines of redis.conf: `user app on >secret ~provision:* +@all`. */
  acl?: string[];
  /** TLS instead of plain; `clients` asks for their certificates too. */
  tls?: Certificate & { ca: string; clients?: boolean };
  /** Default: true. */
  appendonly?: boolean;
  /** Default: noeviction. */
  maxmemoryPolicy?: string;
  /** More lines of redis.conf. */
  config?: string[];
  /** Where its files are; made, and removed at the end, unless it is named. */
  directory?: string;
}

/** A real redis-server of this machine's, on 127.0.0.1 and in a folder of its own: no other is touched. */
export interface TestRedis {
  /** Of the default user, with its password. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Process id; null when it does not run. */
  readonly pid: () => number | null;
  /** Sends a signal; one that ends it is waited for. Default: SIGKILL. */
  kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** Ends it, if it still runs, and starts it in the same folder on the same port: it reads what it has written there. */
  restart: () => Promise<void>;
  /** Ends it for good, with its folder. */
  stop: () => Promise<void>;
  /** What redis-cli prints, without the newline. */
  cli: (...args: string[]) => Promise<string>;
}

/** For cases that count entries after a SIGKILL: by default Redis may hold the last second of what it was told back from its file. */
export const LOSES_NOTHING: RedisOptions = { config: ['appendfsync always'] };

const START_MS = 30_000;
const POLL_MS = 20;

/**
 * Starts a Redis. Whoever starts one stops it; when the test dies, the kernel ends its Redis with it.
 * @example const redis = await startRedis(); … await redis.stop();
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  try {
    execFileSync('redis-server', ['--version']);
  } catch (cause) {
    throw new Error('this machine has no redis-server: apt-get install redis-server', { cause });
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(options.port ?? (await freePort()), options);
    } catch (error) {
      // Somebody else was quicker to take the port.
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || options.port !== undefined || attempt === 5) throw error;
    }
  }
}

/** A port of this machine where nobody listens, at the time of asking. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startOn(port: number, options: RedisOptions): Promise<TestRedis> {
  const { auth, tls } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'redis-'));
  writeFileSync(join(directory, 'redis.conf'), configOf(port, directory, options));
  const log = join(directory, 'redis.log');
  const secure = tls === undefined ? [] : ['--tls', '--cacert', tls.ca, '--cert', tls.cert, '--key', tls.key];
  const env = { ...process.env, ...(auth === undefined ? {} : { REDISCLI_AUTH: auth }) };
  const ask = (...args: string[]) => ran('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...secure, ...args], env);
  let server: ChildProcess | null = null;
  const failures: Error[] = [];

  const start = async (): Promise<void> => {
    // setpriv becomes redis-server, so this is its process; the signal comes when we are gone, however we went.
    const argv = ['--pdeathsig', 'KILL', 'redis-server', join(directory, 'redis.conf')];
    const child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += String(text)));
    child.on('error', (error) => failures.push(error));
    child.on('exit', (code) => {
      if (server === child) server = null;
      const wrote = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-15).join('\n') : '';
      failures.push(new Error(`redis-server ended with ${String(code)}\n${said}${wrote}`));
    });
    server = child;
    failures.length = 0;
    const deadline = Date.now() + START_MS;
    for (;;) {
      if (failures[0] !== undefined) throw failures[0];
      const { stdout } = await ask('PING');
      // Its port may be another's, who would answer too.
      if (stdout.trim() === 'PONG' && (await ask('INFO', 'server')).stdout.includes(`process_id:${String(child.pid)}`))
        return;
      if (Date.now() > deadline) throw new Error(`redis-server does not answer on port ${port}: ${stdout}`);
      await wait(POLL_MS);
    }
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const child = server;
    if (child === null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
  };
  const stop = async (): Promise<void> => {
    await kill('SIGKILL');
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis${tls === undefined ? '' : 's'}://${auth === undefined ? '' : `:${encodeURIComponent(auth)}@`}127.0.0.1:${port}`,
    port,
    directory,
    pid: () => server?.pid ?? null,
    kill,
    restart: async () => {
      await kill('SIGTERM');
      await start();
    },
    stop,
    cli: async (...args) => {
      const { code, stdout, stderr } = await ask(...args);
      if (code !== 0) throw new Error(`redis-cli ${args.join(' ')}: exit ${code}\n${stderr}`);
      return stdout.trimEnd();
    },
  };
}

function configOf(port: number, directory: string, options: RedisOptions): string {
  const { auth, acl = [], tls, appendonly = true, maxmemoryPolicy = 'noeviction', config = [] } = options;
  const lines = [
    'bind 127.0.0.1',
    ...(tls === undefined
      ? [`port ${port}`]
      : [
          'port 0',
          `tls-port ${port}`,
          `tls-cert-file ${tls.cert}`,
          `tls-key-file ${tls.key}`,
          `tls-ca-cert-file ${tls.ca}`,
          `tls-auth-clients ${tls.clients === true ? 'yes' : 'no'}`,
        ]),
    `dir ${directory}`,
    'logfile redis.log',
    'save ""',
    `appendonly ${appendonly ? 'yes' : 'no'}`,
    `maxmemory-policy ${maxmemoryPolicy}`,
    'enable-debug-command local',
    ...(auth === undefined ? [] : [`requirepass ${JSON.stringify(auth)}`]),
    ...acl,
    ...config,
  ];
  return `${lines.join('\n')}\n`;
}

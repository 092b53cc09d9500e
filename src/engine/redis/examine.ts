import { setTimeout as wait } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import { ProvisionError } from '../../errors.ts';
import { endpointOf, type EngineAddress } from './address.ts';
import { wayTo } from './client-options.ts';
import { connectError } from './connect-error.ts';
import { loadRedis } from './driver.ts';
import { readInfo, type RedisServer } from './server.ts';

export const CONNECT_MS = 10_000;
const LOADING_MS = 250;

export interface ExamineOptions {
  readonly connectTimeoutMs?: number;
  /** One line for the person. */
  readonly note?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Examined {
  readonly server: RedisServer;
  /** Without the password when the server has none: it would be refused. */
  readonly address: EngineAddress;
}

/**
 * Asks a Redis who it is, over a connection of its own that is gone afterwards: every way in which a first connection fails
 * is told apart here. Waits for one that still loads its data.
 * @throws ProvisionError E_ENGINE, E_USAGE for files of TLS, E_INTERRUPTED
 */
export async function examineRedis(address: EngineAddress, options: ExamineOptions = {}): Promise<Examined> {
  const { connectTimeoutMs = CONNECT_MS, signal } = options;
  const { Redis } = await loadRedis();
  const client = new Redis({
    ...wayTo(address, connectTimeoutMs),
    commandTimeout: connectTimeoutMs,
    // One attempt, and nothing that is sent before we send it.
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  // The promise says no more than that the connection is closed.
  let last: unknown;
  client.on('error', (error) => (last = error));
  const leave = (): void => client.disconnect();
  signal?.addEventListener('abort', leave);
  try {
    signal?.throwIfAborted();
    await client.connect();
    const known = await logIn(client, address, options);
    const server = await whenLoaded(client, address, options);
    if (address.db !== 0) await client.select(address.db);
    return { server, address: known };
  } catch (error) {
    if (signal?.aborted === true)
      throw new ProvisionError('E_INTERRUPTED', `interrupted while connecting to Redis at ${endpointOf(address)}`);
    throw await connectError(isReply(error) ? error : (last ?? error), address);
  } finally {
    signal?.removeEventListener('abort', leave);
    client.disconnect();
  }
}

/** Done by hand: the client would print its own warning for a password that nobody asked for. */
async function logIn(client: Redis, address: EngineAddress, { note }: ExamineOptions): Promise<EngineAddress> {
  const { user, password, ...open } = address;
  if (password === undefined) return address;
  try {
    // The form that the client takes as well: a default user without a password refuses it, and takes any in the other.
    await (user === undefined ? client.auth(password.reveal()) : client.auth(user, password.reveal()));
    return address;
  } catch (error) {
    if (user !== undefined || !isReply(error) || !/without any password configured/.test(error.message)) throw error;
    note?.(`Redis at ${endpointOf(address)} asks for no password, so none is sent`);
    return open;
  }
}

async function whenLoaded(client: Redis, address: EngineAddress, options: ExamineOptions): Promise<RedisServer> {
  for (let asked = 0; ; asked += 1) {
    const server = readInfo(await client.info());
    if (!server.loading) return server;
    if (asked === 0) options.note?.(`Redis at ${endpointOf(address)} loads its data; waiting until it has`);
    await wait(LOADING_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

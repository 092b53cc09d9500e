import { setTimeout as wait } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import { endpointOf, type EngineAddress } from './address.ts';
import { lastingOptions } from './client-options.ts';
import { CONNECT_MS, examineRedis, type ExamineOptions } from './examine.ts';
import { lastingClients } from './lasting-client.ts';
import { isThere, tellOfLosses } from './losses.ts';
import { notesOn, refusalOf, type RedisServer } from './server.ts';

const QUIT_MS = 1000;

export interface ConnectOptions extends ExamineOptions {
  /** Shown by CLIENT LIST: `provision-worker`. No spaces. */
  readonly name?: string;
}

/**
 * A Redis that an engine can run on. Once connected it is connected for good: a lost one is tried again for ever, and
 * commands wait for it. A command whose answer was lost is sent again, so what it does must be right twice, too.
 */
export interface RedisConnection {
  readonly address: EngineAddress;
  readonly server: RedisServer;
  /** For commands that answer at once, and for BullMQ (`connection: client`), which makes its blocking ones from it. */
  readonly client: Redis;
  /** One more, for commands that block: for 10 s at most, since a connection that is silent for 30 s counts as lost. */
  another(): Redis;
  /** Ends all of them, after what they were asked; those of BullMQ are its own to close, before this. */
  close(): Promise<void>;
}

/**
 * Connects to a Redis and makes sure that it is one to trust a run to.
 * @throws ProvisionError E_ENGINE when it cannot be reached or is not fit, E_USAGE for files of TLS, E_INTERRUPTED
 */
export async function connectEngine(named: EngineAddress, options: ConnectOptions = {}): Promise<RedisConnection> {
  const { connectTimeoutMs = CONNECT_MS, name = 'provision', note } = options;
  const { server, address } = await examineRedis(named, options);
  const refusal = refusalOf(server, address);
  if (refusal !== null) throw refusal;
  for (const text of notesOn(server)) note?.(text);
  const made = await lastingClients();
  const lasting = lastingOptions(address, { connectTimeoutMs, name });
  const clients: Redis[] = [];
  const open = (): Redis => {
    const client = made(lasting);
    // Losses are told of once, below; without a listener each attempt would be printed.
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const client = open();
  const told = tellOfLosses(client, endpointOf(address), (text) => note?.(text));
  return {
    address,
    server,
    client,
    another: open,
    close: async () => {
      told.end();
      await Promise.all(clients.map(end));
    },
  };
}

/** Politely, when there is somebody to be polite to: to a lost one the word would wait for ever. */
async function end(client: Redis): Promise<void> {
  if (isThere(client))
    await Promise.race([client.quit().catch(() => undefined), wait(QUIT_MS, undefined, { ref: false })]);
  client.disconnect();
}

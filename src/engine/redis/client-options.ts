import { readFileSync } from 'node:fs';
import { createSecureContext, type ConnectionOptions } from 'node:tls';

import type { RedisOptions } from 'ioredis';

import { reasonOf } from '../../errno.ts';
import { ProvisionError } from '../../errors.ts';
import type { EngineAddress } from './address.ts';

const SOCKET_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
const MAX_RETRY_MS = 2000;

/** Replies have the shapes of RESP 2: there is nothing to map. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** What every connection to this Redis has in common. @throws ProvisionError E_USAGE for files of TLS that cannot be used */
export function wayTo(address: EngineAddress, connectTimeoutMs: number): ClientOptions {
  const { host, port, tls } = address;
  return {
    host,
    port,
    connectTimeout: connectTimeoutMs,
    // What BullMQ was written for; the answers have the same shapes from every server that it runs on.
    protocol: 2,
    keepAlive: KEEP_ALIVE_MS,
    ...(tls ? { tls: tlsOptions(address) } : {}),
  };
}

/** Of the connections that work is done over: they outlive any number of losses, and so do the commands given to them. */
export function lastingOptions(
  address: EngineAddress,
  { connectTimeoutMs, name }: { connectTimeoutMs: number; name: string },
): ClientOptions {
  const { db, user, password } = address;
  return {
    ...wayTo(address, connectTimeoutMs),
    db,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    connectionName: name,
    // Not lazily: of a copy that is, BullMQ takes the first attempt for the last one.
    lazyConnect: false,
    maxRetriesPerRequest: null,
    // A peer that is gone without a word is found out; nothing may block longer than a third of this.
    socketTimeout: SOCKET_MS,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), MAX_RETRY_MS) + Math.floor(Math.random() * 200),
    // After a failover the old master says so: connect again, where the name leads now, and say it again.
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
  };
}

function tlsOptions({ ca, cert, key, servername }: EngineAddress): ConnectionOptions {
  const files = {
    ...(ca === undefined ? {} : { ca: pem(ca, 'CA') }),
    ...(cert === undefined ? {} : { cert: pem(cert, 'client') }),
    ...(key === undefined ? {} : { key: pem(key, 'key') }),
  };
  try {
    // Said here, once, and not by each attempt to connect.
    createSecureContext(files);
  } catch (cause) {
    const named = [ca, cert, key].filter((file) => file !== undefined).join(', ');
    throw new ProvisionError('E_USAGE', `${named}: TLS cannot use them: ${messageOf(cause)}`, {
      hint: 'PEM files, the key without a passphrase and of that certificate',
    });
  }
  return { ...files, ...(servername === undefined ? {} : { servername }) };
}

function pem(file: string, what: string): string {
  try {
    const text = readFileSync(file, 'latin1');
    // Node would pass over a file without one, and then trust nobody.
    if (what === 'key' || text.includes('CERTIFICATE-----')) return text;
    throw new ProvisionError('E_USAGE', `${file} holds no ${what} certificate for TLS to Redis`, {
      hint: 'it takes PEM: -----BEGIN CERTIFICATE-----',
    });
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    throw new ProvisionError('E_USAGE', `cannot read ${file} for TLS to Redis: ${reasonOf(cause)}`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { parseEngineUrl } from '../../../src/engine/redis/address.ts';
import { connectEngine } from '../../../src/engine/redis/connection.ts';
import { ProvisionError } from '../../../src/errors.ts';
import { authority, type Authority, type Certificate } from '../support/certificates.ts';
import { answering } from '../support/info-server.ts';
import { freePort, startRedis, type TestRedis } from '../support/redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'connect-'));
let open: TestRedis;
let closed: TestRedis;
let secured: TestRedis;
let mutual: TestRedis;
let foreign: TestRedis;
let ca: Authority;
let other: Authority;
let ours: Certificate;
let theirs: Certificate;

beforeAll(async () => {
  mkdirSync(join(folder, 'other'));
  ca = authority(folder);
  other = authority(join(folder, 'other'), 'other');
  ours = ca.issue('client', 'DNS:client');
  theirs = other.issue('stranger', 'DNS:stranger');
  const server = ca.issue('server', 'IP:127.0.0.1,DNS:localhost');
  const elsewhere = ca.issue('elsewhere', 'DNS:redis.example');
  const acl = [
    'user app on >of-app ~* &* +@all -@dangerous +info',
    'user blind on >of-blind ~* &* +@all -info',
    'user off off >of-off ~* &* +@all',
  ];
  [open, closed, secured, mutual, foreign] = await Promise.all([
    startRedis(),
    startRedis({ auth: 'of the "default"', acl }),
    startRedis({ tls: { ...server, ca: ca.cert } }),
    startRedis({ tls: { ...server, ca: ca.cert, clients: true }, auth: 'secret' }),
    startRedis({ tls: { ...elsewhere, ca: ca.cert } }),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([open, closed, secured, mutual, foreign].map((redis) => redis.stop()));
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

/** Connects, asks for something and writes something. */
async function use(url: string): Promise<string[]> {
  const notes: string[] = [];
  const connection = await connectEngine(parseEngineUrl(url), { note: (text) => notes.push(text) });
  try {
    expect(await connection.client.ping()).toBe('PONG');
    expect(await connection.another().set('provision:test', 'x')).toBe('OK');
    expect(connection.server.version).toMatch(/^\d+\.\d+\.\d+$/);
  } finally {
    await connection.close();
  }
  return notes;
}

async function failureOf(url: string): Promise<ProvisionError> {
  const address = parseEngineUrl(url);
  const error: unknown = await connectEngine(address, { connectTimeoutMs: 2000 }).then(
    () => new Error('it connected'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProvisionError);
  return error as ProvisionError;
}

describe('a Redis is connected to', () => {
  it('as anybody, when it is open to all', async () => {
    expect(await use(open.url)).toEqual([]);
    expect(await use(`redis://localhost:${open.port}/5`)).toEqual([]);
  });

  it('as the default user', async () => {
    expect(await use(closed.url)).toEqual([]);
  });

  it('as an ACL user that may not read or set its configuration', async () => {
    expect(await use(`redis://app:of-app@127.0.0.1:${closed.port}`)).toEqual([]);
  });

  it('over TLS, with a CA of its own', async () => {
    expect(await use(`${secured.url}?ca=${ca.cert}`)).toEqual([]);
  });

  it('over TLS, by the name that its certificate has', async () => {
    expect(await use(`${foreign.url}?ca=${ca.cert}&servername=redis.example`)).toEqual([]);
  });

  it('over TLS that asks for certificates of both sides', async () => {
    expect(await use(`${mutual.url}?ca=${ca.cert}&cert=${ours.cert}&key=${ours.key}`)).toEqual([]);
  });

  it('with a password that it does not ask for: said once, by us', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue();
    try {
      expect(await use(`redis://:needless@127.0.0.1:${open.port}`)).toEqual([
        `Redis at 127.0.0.1:${open.port} asks for no password, so none is sent`,
      ]);
      expect(warned).not.toHaveBeenCalled();
    } finally {
      warned.mockRestore();
    }
  });

  it('and says who is connected', async () => {
    const connection = await connectEngine(parseEngineUrl(open.url), { name: 'provision-worker' });
    await connection.client.ping();
    expect(await open.cli('CLIENT', 'LIST')).toContain('name=provision-worker');
    await connection.close();
    await vi.waitFor(
      async () => expect(await open.cli('CLIENT', 'LIST')).not.toContain('name=provision-worker'),
      10_000,
    );
  });
});

describe('what keeps a connection from being made', () => {
  const at = (redis: TestRedis): string => `127.0.0.1:${redis.port}`;
  it.each<[string, () => string | Promise<string>, RegExp, RegExp]>([
    [
      'nobody listens',
      async () => `redis://127.0.0.1:${await freePort()}`,
      /nothing listens there/,
      /apt-get install redis-server/,
    ],
    [
      'nobody listens on any address of a name',
      async () => `redis://localhost:${await freePort()}`,
      /nothing listens/,
      /redis-server/,
    ],
    ['no such name', () => 'redis://redis.invalid', /no host of this name/, /resolver/],
    ['no password', () => `redis://${at(closed)}`, /asks for a password/, /PROVISION_ENGINE_PASSWORD/],
    [
      'a wrong password',
      () => `redis://:wr0ng@${at(closed)}`,
      /wrong user name or password/,
      /PROVISION_ENGINE_PASSWORD/,
    ],
    [
      "a user's wrong password",
      () => `redis://app:wr0ng@${at(closed)}`,
      /wrong user name or password/,
      /redis:\/\/user@host/,
    ],
    ['a user that there is not', () => `redis://nobody:wr0ng@${at(open)}`, /wrong user name or password/, /ACL user/],
    [
      'a user that is switched off',
      () => `redis://off:of-off@${at(closed)}`,
      /wrong user name or password/,
      /ACL user/,
    ],
    ['a user that may not ask', () => `redis://blind:of-blind@${at(closed)}`, /may not do what is needed/, /ACL line/],
    [
      'a database that there is not',
      () => `redis://${at(open)}/99`,
      /no database of this number/,
      /CONFIG GET databases/,
    ],
    ['TLS to a port without', () => `rediss://${at(open)}`, /speaks no TLS on this port/, /redis:\/\/ instead/],
    [
      'TLS to a port without, with a password',
      () => `rediss://${at(closed)}`,
      /speaks no TLS on this port/,
      /redis:\/\/ instead/,
    ],
    ['no TLS to a port with', () => `redis://${at(secured)}`, /speaks TLS on this port/, /rediss:\/\/ instead/],
    ['no TLS to a port that asks for certificates', () => `redis://${at(mutual)}`, /speaks TLS/, /rediss:\/\/ instead/],
    ['a CA that nobody knows', () => secured.url, /CA that is not trusted here/, /\?ca=/],
    ['a CA that is another', () => `${secured.url}?ca=${other.cert}`, /CA that is not trusted here/, /\?ca=/],
    ['a certificate of another name', () => `${foreign.url}?ca=${ca.cert}`, /for another name/, /servername=/],
    ['no certificate of ours', () => `${mutual.url}?ca=${ca.cert}`, /wants a certificate from this side/, /cert=FILE/],
    [
      'a certificate that is not trusted there',
      () => `${mutual.url}?ca=${ca.cert}&cert=${theirs.cert}&key=${theirs.key}`,
      /wants a certificate from this side/,
      /cert=FILE/,
    ],
  ])('%s', async (_name, url, message, hint) => {
    const error = await failureOf(await url());
    expect(error.code).toBe('E_ENGINE');
    expect(error.message).toMatch(/^Redis at \S+: /);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('wr0ng');
  });

  it.each([
    ['a file that is not there', () => '?ca=/nowhere.pem', /cannot read \/nowhere.pem .*there is no such file/],
    ['a CA that is none', () => `?ca=${ca.key}`, /holds no CA certificate/],
    ['a certificate that is broken', () => `?cert=${broken()}&key=${ours.key}`, /TLS cannot use them/],
    ['a key of another certificate', () => `?cert=${ours.cert}&key=${theirs.key}`, /key values mismatch/],
  ])('%s, before anything is sent', async (_name, query, message) => {
    const error = await failureOf(`rediss://127.0.0.1:${await freePort()}${query()}`);
    expect(error.code).toBe('E_USAGE');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['somebody else, who speaks first', 'SSH-2.0-OpenSSH_9.2\r\n', /no Redis/],
    ['somebody who says nothing', null, /no answer in time/],
    ['a Redis that is in protected mode', '-DENIED Redis is running in protected mode\r\n', /protected mode/],
    ['a Redis that has too many clients', '-ERR max number of clients reached\r\n', /too many clients/],
  ])('%s', async (_name, answer, message) => {
    const end = await answering(answer);
    try {
      const error = await failureOf(`redis://127.0.0.1:${end.port}`);
      expect(error).toMatchObject({ code: 'E_ENGINE', message: expect.stringMatching(message) as string });
    } finally {
      end.stop();
    }
  });

  it('the person who does not want to wait for it any more', async () => {
    const end = await answering(null);
    const stopping = new AbortController();
    const address = parseEngineUrl(`redis://127.0.0.1:${end.port}`);
    const connecting = connectEngine(address, { signal: stopping.signal });
    stopping.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    end.stop();
  });
});

function broken(): string {
  const file = join(folder, 'broken.pem');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  return file;
}

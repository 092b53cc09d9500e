import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { parseEngineUrl } from '../../../src/engine/redis/address.ts';
import { connectEngine, type RedisConnection } from '../../../src/engine/redis/connection.ts';
import { loadQueue } from '../../../src/engine/redis/driver.ts';
import { LOSES_NOTHING, startRedis, type TestRedis } from '../support/redis.ts';

const WAIT = { timeout: 30_000, interval: 20 };
let redis: TestRedis;
let connection: RedisConnection;
let notes: string[];

beforeEach(async () => {
  notes = [];
  redis = await startRedis({ auth: 'secret', ...LOSES_NOTHING });
  connection = await connectEngine(parseEngineUrl(redis.url), { note: (text) => notes.push(text) });
}, 120_000);
afterEach(async () => {
  await connection.close();
  await redis.stop();
}, 120_000);

describe('a Redis that is killed and started again', () => {
  it('has what it had, is told of once, and answers what it was asked meanwhile', async () => {
    const { client } = connection;
    await client.xadd('provision:run:1:log', '*', 'guest', 'vm1');
    await redis.kill();
    await vi.waitFor(() => expect(notes).toHaveLength(1), WAIT);
    const asked = client.xadd('provision:run:1:log', '*', 'guest', 'vm2');
    // Down for several attempts to connect: each would have its line.
    const refused = { times: 0 };
    client.on('error', () => (refused.times += 1));
    await vi.waitFor(() => expect(refused.times).toBeGreaterThan(3), WAIT);
    await redis.restart();
    await asked;
    const log = await client.xrange('provision:run:1:log', '-', '+');
    expect(log.map(([, fields]) => fields)).toEqual([
      ['guest', 'vm1'],
      ['guest', 'vm2'],
    ]);
    expect(notes).toEqual([
      `Redis at 127.0.0.1:${redis.port} is lost; going on when it is back`,
      expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ is back after \d+ s$/),
    ]);
  });

  it('goes on with what a connection blocked on', async () => {
    const blocking = connection.another();
    const popped = blocking.blpop('provision:test', 0);
    await vi.waitFor(async () => expect(await redis.cli('CLIENT', 'LIST')).toContain('cmd=blpop'), WAIT);
    await redis.kill();
    await redis.restart();
    await connection.client.lpush('provision:test', 'x');
    expect(await popped).toEqual(['provision:test', 'x']);
  });

  it('has the jobs of a queue, and workers go on with them', async () => {
    const { Queue, Worker } = await loadQueue();
    const queue = new Queue('direct', { connection: connection.client, prefix: 'provision:test' });
    const done: string[] = [];
    const worker = new Worker('direct', (job) => Promise.resolve(done.push(job.name)), {
      connection: connection.client,
      prefix: 'provision:test',
      autorun: false,
    });
    worker.on('error', () => undefined);
    queue.on('error', () => undefined);
    await queue.addBulk(['vm1', 'vm2', 'vm3'].map((name) => ({ name, data: {} })));
    await redis.kill();
    void worker.run();
    await redis.restart();
    await vi.waitFor(() => expect(done.sort()).toEqual(['vm1', 'vm2', 'vm3']), WAIT);
    await worker.close();
    await queue.close();
  });

  it('is not waited for by a connection that is told to end, whoever made it', async () => {
    const first = connection.client.duplicate();
    const copy = first.duplicate({ connectionName: 'copy' });
    for (const each of [first, copy]) each.on('error', () => undefined);
    await vi.waitFor(() => expect(copy.status).toBe('ready'), WAIT);
    await redis.kill();
    await vi.waitFor(() => expect(copy.status).toBe('reconnecting'), WAIT);
    const ended = new Promise((resolve) => copy.once('end', () => resolve('ended')));
    const asked = copy.blpop('provision:test', 0);
    for (const each of [first, copy]) each.disconnect();
    await expect(asked).rejects.toThrow('Connection is closed');
    expect(await ended).toBe('ended');
  });

  it('may have another password then: that is said once, and the right one ends it', async () => {
    await redis.cli('CONFIG', 'SET', 'requirepass', 'changed');
    await redis.cli('--user', 'default', '-a', 'changed', 'CLIENT', 'KILL', 'TYPE', 'normal');
    await vi.waitFor(() => expect(notes).toHaveLength(2), WAIT);
    const failed = { times: 0 };
    connection.client.on('error', () => (failed.times += 1));
    await vi.waitFor(() => expect(failed.times).toBeGreaterThan(1), WAIT);
    expect(notes[1]).toMatch(/^Redis at 127\.0\.0\.1:\d+ answers: WRONGPASS/);
    await redis.cli('--user', 'default', '-a', 'changed', 'CONFIG', 'SET', 'requirepass', 'secret');
    await vi.waitFor(() => expect(notes).toHaveLength(3), WAIT);
    expect(notes[2]).toContain('is back');
    expect(notes.join('\n')).not.toContain('secret');
  });

  it('does not keep a program from ending', async () => {
    const another = connection.another();
    await redis.kill();
    await vi.waitFor(() => expect(connection.client.status).toBe('reconnecting'), WAIT);
    const waiting = connection.client.get('provision:test');
    await connection.close();
    await expect(waiting).rejects.toThrow('Connection is closed');
    await vi.waitFor(() => expect([connection.client.status, another.status]).toEqual(['end', 'end']), WAIT);
  });
});

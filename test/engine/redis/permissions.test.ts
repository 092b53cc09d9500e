import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { parseEngineUrl } from '../../../src/engine/redis/address.ts';
import { connectEngine, type RedisConnection } from '../../../src/engine/redis/connection.ts';
import { loadQueue } from '../../../src/engine/redis/driver.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/redis.md'), 'utf8');
const [line = ''] = /^ {4}user provision .*$/m.exec(page) ?? [];
const options = { prefix: 'provision:bull' };
let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startRedis({ auth: 'of the default', acl: [line.trim()] });
  connection = await connectEngine(parseEngineUrl(`redis://provision:CHANGE-ME@127.0.0.1:${redis.port}`));
}, 120_000);
afterAll(async () => {
  await connection.close();
  await redis.stop();
});

describe('the user of the documentation', () => {
  it('may have a queue and its workers, with jobs that fail, wait, stall and are done', async () => {
    const { Queue, QueueEvents, Worker } = await loadQueue();
    const { client } = connection;
    const queue = new Queue('direct', { connection: client, ...options });
    const events = new QueueEvents('direct', { connection: connection.another(), ...options });
    let attempts = 0;
    const process = (job: { name: string }): Promise<string> => {
      attempts += 1;
      return job.name === 'vm2' && attempts < 4 ? Promise.reject(new Error('again')) : Promise.resolve('done');
    };
    const worker = new Worker('direct', process, { connection: client, ...options, stalledInterval: 200 });
    const errors: Error[] = [];
    queue.on('error', (error) => errors.push(error));
    events.on('error', (error) => errors.push(error));
    worker.on('error', (error) => errors.push(error));
    await events.waitUntilReady();
    const [first, second, third] = await queue.addBulk([
      { name: 'vm1', data: {} },
      { name: 'vm2', data: {}, opts: { attempts: 5, backoff: { type: 'fixed', delay: 10 } } },
      { name: 'vm3', data: {}, opts: { delay: 10, priority: 2 } },
    ]);
    for (const job of [first!, second!, third!]) expect(await job.waitUntilFinished(events)).toBe('done');
    await vi.waitFor(
      async () => expect(await redis.cli('EXISTS', 'provision:bull:direct:stalled-check')).toBe('1'),
      10_000,
    );
    await queue.pause();
    await queue.resume();
    await queue.obliterate({ force: true });
    await worker.close();
    await events.close();
    await queue.close();
    expect(errors).toEqual([]);
    expect(await redis.cli('ACL', 'LOG')).toBe('');
  });

  it('may have the log of a run, its lease, its clock and its transactions', async () => {
    const { client } = connection;
    await client.xadd('provision:run:1:log', 'MAXLEN', '~', 100, '*', 'guest', 'vm1');
    expect(await connection.another().xread('BLOCK', 10, 'STREAMS', 'provision:run:1:log', '0')).toHaveLength(1);
    expect(await client.set('provision:run:1:lease', 'me', 'PX', 1000, 'NX')).toBe('OK');
    expect(await client.eval('return redis.call("GET", KEYS[1])', 1, 'provision:run:1:lease')).toBe('me');
    expect(await client.time()).toHaveLength(2);
    expect(await client.multi().hset('provision:run:1', 'a', 'b').expire('provision:run:1', 60).exec()).toHaveLength(2);
  });

  it.each([
    ['FLUSHALL', []],
    ['CONFIG', ['GET', '*']],
    ['KEYS', ['*']],
    ['ACL', ['LIST']],
    ['SHUTDOWN', []],
    ['GET', ['other:key']],
    ['EVAL', ['return redis.call("SET", "other:key", "x")', '0']],
  ])('may not %s %j', async (command, args) => {
    await expect(connection.client.call(command, ...args)).rejects.toThrow(
      /NOPERM|can't access at least one of the keys/,
    );
  });
});

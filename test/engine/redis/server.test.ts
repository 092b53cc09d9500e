import { afterEach, describe, expect, it, vi } from 'vitest';

import { parseEngineUrl } from '../../../src/engine/redis/address.ts';
import { connectEngine } from '../../../src/engine/redis/connection.ts';
import { notesOn, readInfo, refusalOf } from '../../../src/engine/redis/server.ts';
import { answering, infoAnswer } from '../support/info-server.ts';
import { startRedis, type RedisOptions, type TestRedis } from '../support/redis.ts';

const started: TestRedis[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
}, 120_000);
async function start(options: RedisOptions): Promise<TestRedis> {
  const redis = await startRedis(options);
  started.push(redis);
  return redis;
}
const connect = (redis: { url: string }, notes: string[] = []): ReturnType<typeof connectEngine> =>
  connectEngine(parseEngineUrl(redis.url), { note: (text) => notes.push(text) });

describe('a Redis that an engine cannot run on', () => {
  it('drops keys when its memory is full', async () => {
    const redis = await start({ maxmemoryPolicy: 'allkeys-lru' });
    const refused = connect(redis);
    await expect(refused).rejects.toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('maxmemory-policy allkeys-lru') as string,
      hint: expect.stringContaining('redis-cli CONFIG SET maxmemory-policy noeviction') as string,
    });
    // What the hint says is the remedy.
    await redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await (await connect(redis)).close();
  });

  it('is the replica of another', async () => {
    const master = await start({});
    const replica = await start({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    await expect(connect(replica)).rejects.toThrow(/it is a replica, and takes no writes/);
  });

  it('is a cluster', async () => {
    const redis = await start({ config: ['cluster-enabled yes'] });
    await expect(connect(redis)).rejects.toThrow(/it is a cluster/);
  });

  it('is too old', async () => {
    const old = await answering(infoAnswer(['redis_version:6.0.16', 'role:master', 'maxmemory_policy:noeviction']));
    try {
      await expect(connect({ url: `redis://127.0.0.1:${old.port}` })).rejects.toMatchObject({
        code: 'E_ENGINE',
        message: `Redis at 127.0.0.1:${old.port}: it is 6.0.16, and an engine needs 6.2 or later`,
      });
    } finally {
      old.stop();
    }
  });

  it.each([
    [['redis_version:5.0.3'], /needs 6.2/],
    [['redis_version:6.1.240'], /needs 6.2/],
    [['redis_version:6.2.0'], null],
    [['redis_version:7.0.15'], null],
    [['redis_version:10.0.0'], null],
    [['# Server'], /it is unknown/],
    [['redis_version:7.0.15', 'redis_mode:sentinel'], /it is a sentinel/],
    [['redis_version:7.0.15', 'aof_last_write_status:err'], /cannot write its append-only file/],
    [['redis_version:7.0.15', 'maxmemory_policy:volatile-lru'], /maxmemory-policy volatile-lru/],
  ])('says %j: %s', (lines, message) => {
    const refusal = refusalOf(readInfo(lines.join('\r\n')), parseEngineUrl('redis://queue'));
    if (message === null) expect(refusal).toBeNull();
    else expect(refusal?.message).toMatch(message);
  });
});

describe('a Redis that will do', () => {
  it('may lose what it holds: that is said, with the command against it', async () => {
    const redis = await start({ appendonly: false });
    const notes: string[] = [];
    await (await connect(redis, notes)).close();
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/a crash of Redis loses the runs in it: redis-cli CONFIG SET appendonly yes/);
    await redis.cli('CONFIG', 'SET', 'appendonly', 'yes');
    await (await connect(redis, notes)).close();
    expect(notes).toHaveLength(1);
  });

  it('may not say what it does when it is full', () => {
    const notes = notesOn(readInfo('redis_version:7.0.15\r\naof_enabled:1'));
    expect(notes).toEqual([expect.stringContaining('does not say its maxmemory-policy')]);
  });

  it('may still load its data, and is waited for', async () => {
    // Of a file of commands Redis looks up every 1,024 of them.
    const slow = ['key-load-delay 100'];
    const redis = await start({ config: slow });
    await redis.cli('EVAL', 'for i=1,12000 do redis.call("SET", "key:" .. i, i) end', '0');
    const restarting = redis.restart();
    await vi.waitFor(async () => expect(await redis.cli('GET', 'key:1')).toContain('LOADING'), 20_000);
    const notes: string[] = [];
    const connection = await connect(redis, notes);
    expect(await connection.client.get('key:12000')).toBe('12000');
    expect(notes).toEqual([`Redis at 127.0.0.1:${redis.port} loads its data; waiting until it has`]);
    await connection.close();
    await restarting;
  });
});

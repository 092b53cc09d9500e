import { afterEach, describe, expect, it } from 'vitest';

import { checkEngine } from '../../../src/cli/self-check/engine.ts';
import { freePort, startRedis, type RedisOptions, type TestRedis } from '../../engine/support/redis.ts';

let redis: TestRedis | null = null;
afterEach(async () => {
  await redis?.stop();
  redis = null;
});
async function found(options: RedisOptions, password = ''): ReturnType<typeof checkEngine> {
  redis = await startRedis(options);
  return checkEngine({ PROVISION_ENGINE: `redis://127.0.0.1:${redis.port}`, PROVISION_ENGINE_PASSWORD: password });
}

describe('the engine of this machine', () => {
  it('is one that it could start, where none is named', async () => {
    expect(await checkEngine({})).toEqual({
      name: 'redis',
      level: 'ok',
      found: expect.stringMatching(/^\d+\.\d+/) as string,
    });
  });

  it('is the one that is named: asked, with what matters', async () => {
    const checked = await found({ auth: 'secret' }, 'secret');
    expect(checked).toMatchObject({ name: 'redis', level: 'ok' });
    expect(checked.found).toMatch(/^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+, noeviction, append-only on$/);
  });

  it('may lose what it holds', async () => {
    expect(await found({ appendonly: false })).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('append-only off') as string,
      needed: 'a crash of Redis loses the runs in it',
      mend: expect.stringMatching(/^redis-cli CONFIG SET appendonly yes/) as string,
    });
  });

  it('may drop what it holds', async () => {
    expect(await found({ maxmemoryPolicy: 'volatile-lru' })).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('maxmemory-policy volatile-lru') as string,
      mend: expect.stringMatching(/^redis-cli CONFIG SET maxmemory-policy noeviction/) as string,
    });
  });

  it('may not let us in', async () => {
    expect(await found({ auth: 'secret' }, 'wrong')).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('wrong user name or password') as string,
      needed: 'for provision worker, and runs with --engine',
    });
  });

  it('may not be there, or not be written as an address', async () => {
    const PROVISION_ENGINE = `redis://127.0.0.1:${await freePort()}`;
    expect(await checkEngine({ PROVISION_ENGINE })).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('nothing listens there') as string,
    });
    expect(await checkEngine({ PROVISION_ENGINE: 'queue' })).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('does not begin with redis://') as string,
    });
  });
});

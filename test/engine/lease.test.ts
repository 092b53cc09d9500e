import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { keysOf } from '../../src/engine/keys.ts';
import { Lease } from '../../src/engine/lease.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import { withScripts } from '../../src/engine/scripts.ts';
import { LOSES_NOTHING, startRedis, type TestRedis } from './support/redis.ts';
import { link, until } from './support/rollout.ts';

let redis: TestRedis;
let one: EngineLink;
let other: EngineLink;
let run = '';
let count = 0;

beforeAll(async () => {
  redis = await startRedis(LOSES_NOTHING);
  [one, other] = await Promise.all([link(redis.url), link(redis.url)]);
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await redis.stop();
});
beforeEach(() => {
  run = `run${++count}`;
});

const quick = { leaseMs: 300, renewMs: 100 };
const lease = (on: EngineLink, lost: () => void = () => expect.fail('lost'), times = {}) =>
  new Lease(withScripts(on.client), run, lost, times);
const logged = async (): Promise<string[]> =>
  (await one.client.xrange(keysOf(run).log, '-', '+')).map(([, [, entry]]) => entry ?? '');
/** As if its holder had not been heard of for the time of a lease. */
const lapse = () => one.client.del(keysOf(run).lease);

describe('the lease of a run', () => {
  it('has one holder', async () => {
    const [a, b] = [lease(one), lease(other)];
    expect(await Promise.all([a.take(), b.take()])).toContain(false);
    expect([a.held, b.held].filter(Boolean)).toHaveLength(1);
    await Promise.all([a.release(), b.release()]);
  });

  it('is taken by one whose answer was lost, and who asks again', async () => {
    const scripted = withScripts(one.client);
    const { lease: key } = keysOf(run);
    expect(await scripted.provisionTake(key, 'me', 60_000)).toBe(1);
    expect(await scripted.provisionTake(key, 'me', 60_000)).toBe(1);
    expect(await scripted.provisionTake(key, 'you', 60_000)).toBe(0);
  });

  it('is kept by one who lives, for much longer than it lasts', async () => {
    const a = lease(one, undefined, quick);
    await a.take();
    const begun = performance.now();
    await until('three times the lease', () => performance.now() - begun > 3 * quick.leaseMs);
    expect(await lease(other).take()).toBe(false);
    await a.release();
  });

  it('is free once it is given back, and only its holder gives it back', async () => {
    const [a, b] = [lease(one), lease(other)];
    await a.take();
    await b.release();
    expect(await b.take()).toBe(false);
    await a.release();
    expect(await b.take()).toBe(true);
    await b.release();
    expect(await one.client.exists(keysOf(run).lease)).toBe(0);
  });

  it('is free when its holder is not heard of any more', async () => {
    // One that never says another word: it renews after the test.
    const a = lease(one, () => undefined, { leaseMs: 100, renewMs: 1_000_000 });
    const b = lease(other);
    await a.take();
    expect(await b.take()).toBe(false);
    await until('the lease to lapse', () => b.take(), 5000);
    await Promise.all([a.release(), b.release()]);
    expect(await one.client.exists(keysOf(run).lease)).toBe(0);
  });

  it('that was taken by another is not added with: the entry is nowhere, and the loser is told once', async () => {
    let lost = 0;
    const a = lease(one, () => lost++);
    const b = lease(other);
    await a.take();
    await lapse();
    await b.take();
    await b.append({ kind: 'start' });
    await a.append({ kind: 'interrupt' });
    await a.append({ kind: 'interrupt' });
    expect(await logged()).toEqual(['{"kind":"start"}']);
    expect(lost).toBe(1);
    expect(a.held).toBe(false);
    await b.release();
  });

  it('that lapsed and was taken by nobody is taken again by who adds', async () => {
    const a = lease(one);
    await a.take();
    await lapse();
    await a.append({ kind: 'start' });
    expect(await logged()).toEqual(['{"kind":"start"}']);
    expect(await lease(other).take()).toBe(false);
    await a.release();
  });

  it('is not taken again by one who gave it back, whatever was still under way', async () => {
    const a = lease(one, () => undefined);
    await a.take();
    await lapse();
    await Promise.all([a.release(), a.append({ kind: 'interrupt' })]);
    expect(await one.client.exists(keysOf(run).lease)).toBe(0);
    expect(await logged()).toEqual([]);
  });

  it('tells its holder without an entry to add that another has it', async () => {
    let lost = false;
    const a = lease(one, () => (lost = true), quick);
    const b = lease(other);
    await a.take();
    await lapse();
    await b.take();
    await until('the loser to be told', () => lost, 10_000);
    await b.release();
  });
});

describe('when Redis is killed and started again', () => {
  it.each([
    ['with the lease in its file', () => Promise.resolve()],
    [
      'with the lease gone',
      () => lapse().then(() => until('it to be taken again', () => one.client.exists(keysOf(run).lease))),
    ],
  ])('the holder goes on, %s', async (_name, meanwhile) => {
    const a = lease(one, undefined, { leaseMs: 60_000, renewMs: 50 });
    await a.take();
    await a.append({ kind: 'start' });
    await redis.kill();
    const added = a.append({ kind: 'interrupt' });
    await redis.restart();
    await meanwhile();
    await added;
    expect(await logged()).toEqual(['{"kind":"start"}', '{"kind":"interrupt"}']);
    expect(await lease(other).take()).toBe(false);
    await a.release();
  });
});

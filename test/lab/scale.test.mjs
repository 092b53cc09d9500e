import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { SETTINGS } from '../../scripts/bench.d/fleet.d/peers.mjs';
import { simulateFleet } from '../../scripts/bench.d/simulated/fleet.mjs';
import { startProvision } from '../../scripts/bench.d/simulated/provision.mjs';
import { recordAnswers } from '../../scripts/bench.d/simulated/record.mjs';
import { startRedis } from '../../scripts/bench.d/simulated/redis.mjs';

const GUESTS = 600;
const HANDED_OVER = 100;
const FORKS = 40;
let folder;
let redis;
const processes = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scale-'));
  redis = await startRedis(folder);
});
afterAll(() => {
  for (const process of processes) process.kill('SIGKILL');
  redis?.end();
  rmSync(folder, { recursive: true, force: true });
});

function start(name, argv) {
  const process = startProvision(argv, { usage: join(folder, name) });
  processes.push(process);
  return process;
}

async function until(holds) {
  while (!(await holds())) await wait(20);
}

it('600 guests by two workers, one of which is killed in the middle: all are converged, none twice, and little is left', async () => {
  const fleet = await simulateFleet({ folder, count: GUESTS, answers: await recordAnswers(join(folder, 'lab')) });
  try {
    const worker = ['worker', '--engine', redis.url, '--forks', String(FORKS), '--private-key', fleet.key];
    const [dies, lives] = ['dies', 'lives'].map((name) => start(name, [...worker, ...fleet.flags.slice(-2)]));
    await Promise.all([dies.says('takes work'), lives.says('takes work')]);
    const run = ['apply', 'debug-panic', '--yes', '-q', '--no-journal', '--forks', String(HANDED_OVER)];
    const apply = start('apply', [...run, ...fleet.flags, '--engine', redis.url, ...SETTINGS]);

    // Who dies has guests that are being converged, and others that are not.
    const ended = apply.end();
    let over = false;
    void ended.finally(() => (over = true));
    await until(async () => over || (await fleet.tell()).converged > GUESTS / 4);
    expect(over, apply.said()).toBe(false);
    dies.kill('SIGKILL');

    const [queue] = await redis.client.hkeys('provision:queues');
    const most = {};
    await until(async () => {
      most.waiting = Math.max(most.waiting ?? 0, await redis.client.llen(`provision:bull:${queue}:wait`));
      most.keys = Math.max(most.keys ?? 0, await redis.client.dbsize());
      return over;
    });
    const { code, rss } = await ended;
    expect(code, apply.said()).toBe(0);
    expect(apply.said()).toMatch(/600 guests: \d+ changed, \d+ as desired, 0 failed/u);
    expect(await fleet.tell()).toMatchObject({ converged: GUESTS, twice: 0 });

    // Not all of the fleet is handed over: what waits does not grow with it.
    expect(most.waiting).toBeGreaterThan(0);
    expect(most.waiting).toBeLessThanOrEqual(HANDED_OVER);
    // A key for each job, one for the lock of each that is worked on, and a few for the queue and the run.
    expect(most.keys).toBeLessThanOrEqual(GUESTS + 2 * FORKS + 20);
    expect(rss).toBeLessThan(300);

    lives.kill('SIGTERM');
    expect((await lives.end()).code, lives.said()).toBe(0);
    const [id] = await redis.client.zrange('provision:runs', 0, -1);
    const left = await redis.client.keys(`*${id}*`);
    expect(left.length).toBeGreaterThan(GUESTS);
    const ttls = await Promise.all(left.map(async (key) => [key, await redis.client.ttl(key)]));
    expect(ttls.filter(([, ttl]) => ttl <= 0)).toEqual([]);
  } finally {
    fleet.end();
  }
});

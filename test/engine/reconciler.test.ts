import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Jobs } from '../../src/engine/jobs.ts';
import { BULL_PREFIX, keysOf } from '../../src/engine/keys.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import type { LogEntry } from '../../src/engine/log.ts';
import type { GuestTask, QueueRun } from '../../src/engine/queue-run.ts';
import { Reconciler } from '../../src/engine/reconciler.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { LOSES_NOTHING, startRedis, type TestRedis } from './support/redis.ts';
import { allAtOnce, DIRECT, link, names, queueRun, saved, until } from './support/rollout.ts';
import { Stage, worker } from './support/stage.ts';

const CHANGE: GuestTask = { kind: 'change' };
const CHECK: GuestTask = { kind: 'check', batch: 2 };
const QUICK = { everyMs: 20, oldMs: 0 };

let redis: TestRedis;
let on: EngineLink;
let run: QueueRun;
let jobs: Jobs;
let told: LogEntry[];
let reconciler: Reconciler;
let stage: Stage;
let serving: GuestWorker | undefined;

beforeAll(async () => {
  redis = await startRedis(LOSES_NOTHING);
});
beforeEach(async () => {
  on = await link(redis.url);
  await on.client.flushdb();
  run = await saved(on, queueRun({ schedule: allAtOnce(names(3)) }));
  jobs = new Jobs(on, run.head.id, run.guests);
  told = [];
  stage = new Stage();
  stage.atOnce = () => ({});
});
afterEach(async () => {
  reconciler.stop();
  await serving?.stop();
  serving = undefined;
  await jobs.close();
  await on.close();
});
afterAll(() => redis.stop());

/** Hands a job over, and looks after it. */
async function handOver(guest: string, task: GuestTask, times = QUICK): Promise<void> {
  reconciler = new Reconciler(jobs, (entry) => told.push(entry), times);
  reconciler.handed(guest, task);
  await jobs.add(guest, task);
  reconciler.start(on.client);
}
const serve = async (): Promise<void> => {
  serving = await worker(on, { perform: stage });
};
/** As a server does that was killed before it had written them down. */
async function loseAllJobs(): Promise<void> {
  const keys = await on.client.keys(`${BULL_PREFIX}:${DIRECT.name}:*`);
  await on.client.del(...keys);
}

describe('a job that nothing is heard of', () => {
  it.each([CHANGE, CHECK])('is handed over again when the server has lost it: %j', async (task) => {
    await handOver('vm1', task);
    await loseAllJobs();
    await until('it to be there again', async () => (await jobs.state('vm1', task)) === 'open');
    await serve();
    await until('it to be done', async () => (await on.client.xlen(keysOf(run.head.id).log)) === 1);
    expect(told).toEqual([]);
  });

  it('is done again when it is over and its end is nowhere', async () => {
    await handOver('vm1', CHANGE);
    await serve();
    await until('it to be done twice', () => stage.attempts.length >= 2);
  });

  it('is left alone while a worker is at it', async () => {
    stage.atOnce = undefined;
    await serve();
    await handOver('vm1', CHANGE);
    await until('the attempt', () => stage.at('vm1'));
    const begun = performance.now();
    await until('ten looks', () => performance.now() - begun > 10 * QUICK.everyMs);
    expect(stage.attempts).toHaveLength(1);
    expect(told).toEqual([]);
    stage.at('vm1')?.end({});
  });

  it('is forgotten once its end was heard', async () => {
    await handOver('vm1', CHANGE);
    reconciler.over('vm1', CHANGE);
    reconciler.handed('vm2', CHANGE);
    await loseAllJobs();
    await until('the other one to be there again', async () => (await jobs.state('vm2', CHANGE)) === 'open');
    expect(await jobs.state('vm1', CHANGE)).toBe('unknown');
  });

  it('is asked about when the server comes back, however young it is', async () => {
    await handOver('vm1', CHANGE, { everyMs: 20, oldMs: 1_000_000 });
    await loseAllJobs();
    await redis.kill();
    await redis.restart();
    await until('it to be there again', async () => (await jobs.state('vm1', CHANGE)) === 'open');
  });
});

describe('a job whose attempts are used up', () => {
  const nobodyCan = () => on.client.del(keysOf(run.head.id).run);

  it('ends its guest as failed', async () => {
    await nobodyCan();
    await handOver('vm1', CHANGE);
    await serve();
    await until('a word', () => told.length > 0);
    expect(told[0]).toMatchObject({
      kind: 'ended',
      guest: 'vm1',
      end: {
        outcome: 'failed',
        error: { code: 'E_ENGINE', message: `its workers could not end it: the queue knows no run ${run.head.id}` },
      },
    });
  });

  it('to look at a guest is something wrong with it, so that its gate ends', async () => {
    await nobodyCan();
    await handOver('vm1', CHECK);
    await serve();
    await until('a word', () => told.length > 0);
    expect(told[0]).toEqual({
      kind: 'checked',
      guest: 'vm1',
      batch: 2,
      wrong: `vm1: its workers could not end it: the queue knows no run ${run.head.id}`,
    });
  });
});

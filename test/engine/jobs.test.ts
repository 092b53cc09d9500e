import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Jobs } from '../../src/engine/jobs.ts';
import { BULL_PREFIX, keysOf } from '../../src/engine/keys.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import type { GuestTask, QueueRun } from '../../src/engine/queue-run.ts';
import { queueFor } from '../../src/engine/queues.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import { allAtOnce, DIRECT, guestNamed, link, names, queueRun, saved, until, VERSION } from './support/rollout.ts';
import { Stage, worker } from './support/stage.ts';

let redis: TestRedis;
let on: EngineLink;
let run: QueueRun;
let jobs: Jobs;
let workers: GuestWorker[] = [];

const CHANGE: GuestTask = { kind: 'change' };
const VIA = queueFor(
  { ...guestNamed('x'), jump: 'ops@bastion' },
  { version: VERSION, perSecond: 10, usedAt: DIRECT.usedAt },
);

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  on = await link(redis.url);
  await on.client.flushdb();
  run = await saved(on, queueRun({ schedule: allAtOnce(names(3)) }));
  jobs = new Jobs(on, run.head.id, run.guests);
});
afterEach(async () => {
  await Promise.all(workers.map((each) => each.stop()));
  workers = [];
  await jobs.close();
  await on.close();
});
afterAll(() => redis.stop());

const at = async (perform: Stage, shape: { only?: string[]; forks?: number; version?: string } = {}) => {
  const started = await worker(on, { perform, ...shape });
  workers.push(started);
  return started;
};
const waitingIn = (queue: string) => on.client.llen(`${BULL_PREFIX}:${queue}:wait`);

describe('a job', () => {
  it('that is added twice is there once', async () => {
    await Promise.all([jobs.add('vm1', CHANGE), jobs.add('vm1', CHANGE), jobs.add('vm2', CHANGE)]);
    await jobs.add('vm1', CHANGE);
    const another = new Jobs(on, run.head.id, run.guests);
    await another.add('vm1', CHANGE);
    await another.close();
    expect(await waitingIn(DIRECT.name)).toBe(2);
  });

  it('to change a guest is another than those to look at it after each batch', async () => {
    const tasks: GuestTask[] = [CHANGE, { kind: 'check', batch: 0 }, { kind: 'check', batch: 1 }];
    await Promise.all(tasks.map((task) => jobs.add('vm1', task)));
    expect(await waitingIn(DIRECT.name)).toBe(3);
  });

  it('is open, then over', async () => {
    expect(await jobs.state('vm1', CHANGE)).toBe('unknown');
    await jobs.add('vm1', CHANGE);
    expect(await jobs.state('vm1', CHANGE)).toBe('open');
    const stage = new Stage();
    await at(stage);
    await until('the attempt', () => stage.at('vm1'));
    expect(await jobs.state('vm1', CHANGE)).toBe('open');
    stage.at('vm1')?.end({});
    await until('the job to be over', async () => (await jobs.state('vm1', CHANGE)) === 'over');
  });

  it('that was over is not done again when it is added again', async () => {
    const stage = new Stage();
    stage.atOnce = () => ({});
    await at(stage);
    await jobs.add('vm1', CHANGE);
    await until('the job to be over', async () => (await jobs.state('vm1', CHANGE)) === 'over');
    await jobs.add('vm1', CHANGE);
    await jobs.add('vm2', CHANGE);
    await until('the other job to be over', async () => (await jobs.state('vm2', CHANGE)) === 'over');
    expect(stage.attempts.map(({ guest }) => guest.name)).toEqual(['vm1', 'vm2']);
  });

  it('of a run that nobody can load is given up, with the reason', async () => {
    await on.client.del(keysOf(run.head.id).run);
    await jobs.add('vm1', CHANGE);
    await at(new Stage());
    await until('the job to be given up', async () => (await jobs.state('vm1', CHANGE)) === 'given-up');
    expect(await jobs.whyGivenUp('vm1', CHANGE)).toContain(`knows no run ${run.head.id}`);
  });
});

describe('taking a job back', () => {
  it('works while no worker has begun it, and then no worker ever does', async () => {
    await Promise.all([jobs.add('vm1', CHANGE), jobs.add('vm2', CHANGE)]);
    expect(await jobs.takeBack('vm1', CHANGE)).toBe(true);
    const stage = new Stage();
    stage.atOnce = () => ({});
    await at(stage);
    await until('the other job to be over', async () => (await jobs.state('vm2', CHANGE)) === 'over');
    expect(stage.attempts.map(({ guest }) => guest.name)).toEqual(['vm2']);
  });

  it('works in the moment in which it was handed over', async () => {
    const added = jobs.add('vm1', CHANGE);
    expect(await jobs.takeBack('vm1', CHANGE)).toBe(true);
    await added;
    expect(await waitingIn(DIRECT.name)).toBe(0);
  });

  it('does not work while a worker is at it', async () => {
    const stage = new Stage();
    await at(stage);
    await jobs.add('vm1', CHANGE);
    await until('the attempt', () => stage.at('vm1'));
    expect(await jobs.takeBack('vm1', CHANGE)).toBe(false);
    stage.at('vm1')?.end({});
    await until('the job to be over', async () => (await jobs.state('vm1', CHANGE)) === 'over');
  });

  it('does not work when a worker died at it: the guest may be half changed', async () => {
    const stage = new Stage();
    const dying = await link(redis.url);
    const dead = await worker(dying, { perform: stage });
    await jobs.add('vm1', CHANGE);
    await until('the attempt', () => stage.at('vm1'));
    // The lock of a dead worker's job lapses; the job goes back to those that wait only with a later look.
    await on.client.del(`${BULL_PREFIX}:${DIRECT.name}:${run.head.id}.0:lock`);
    expect(await jobs.takeBack('vm1', CHANGE)).toBe(false);
    stage.at('vm1')?.end({});
    await dead.stop();
    await dying.close();
  });

  it('does not work when its attempts are used up: it has failed', async () => {
    await on.client.del(keysOf(run.head.id).run);
    await jobs.add('vm1', CHANGE);
    await at(new Stage());
    await until('the job to be given up', async () => (await jobs.state('vm1', CHANGE)) === 'given-up');
    expect(await jobs.takeBack('vm1', CHANGE)).toBe(false);
  });
});

describe('queues', () => {
  const twoWays = () => {
    const schedule = allAtOnce(names(40));
    const plain = queueRun({ schedule });
    return {
      ...plain,
      guests: plain.guests.map((queued, place) => (place % 2 === 0 ? queued : { ...queued, queue: VIA.name })),
    };
  };

  it('hold the guests that go their way, all in one go', async () => {
    const wide = await saved(on, twoWays(), [DIRECT, VIA]);
    const all = new Jobs(on, wide.head.id, wide.guests);
    await Promise.all(wide.guests.map(({ guest }) => all.add(guest.name, CHANGE)));
    expect([await waitingIn(DIRECT.name), await waitingIn(VIA.name)]).toEqual([20, 20]);
    await all.close();
  });

  it.each([
    ['direct', ['direct'], 20, 0],
    ['the bastion', ['ops@bastion'], 0, 20],
    ['both', ['ops@bastion', 'direct'], 20, 20],
    ['all', [], 20, 20],
    ['another bastion', ['ops@elsewhere'], 0, 0],
  ])('a worker for %s serves those only', async (_name, only, direct, behind) => {
    const wide = await saved(on, twoWays(), [DIRECT, { ...VIA, perSecond: null }]);
    const all = new Jobs(on, wide.head.id, wide.guests);
    await Promise.all(wide.guests.map(({ guest }) => all.add(guest.name, CHANGE)));
    const stage = new Stage();
    await at(stage, { only });
    await until('the attempts', () => stage.attempts.length === direct + behind);
    expect([await waitingIn(DIRECT.name), await waitingIn(VIA.name)]).toEqual([20 - direct, 20 - behind]);
    for (const { end } of [...stage.waiting]) end({});
    await all.close();
  });

  it.each(['9.9.9-rc1', '9.9', '9.9.99', '9'])('of version %s are not seen by a worker of 9.9.9', async (version) => {
    const theirs = queueFor(guestNamed('x'), { version, perSecond: 10, usedAt: DIRECT.usedAt });
    const foreign = await saved(on, queueRun({ schedule: allAtOnce(['vm1']), queue: theirs.name, version }), [theirs]);
    const all = new Jobs(on, foreign.head.id, foreign.guests);
    await all.add('vm1', CHANGE);
    await jobs.add('vm2', CHANGE);
    const stage = new Stage();
    stage.atOnce = () => ({});
    await at(stage);
    await until('our job to be over', async () => (await jobs.state('vm2', CHANGE)) === 'over');
    expect(stage.attempts.map(({ guest }) => guest.name)).toEqual(['vm2']);
    await all.close();
  });

  it('a bastion is asked for no more handshakes in any second than it takes, by all workers together', async () => {
    const limited = { ...VIA, perSecond: 10 };
    const wide = await saved(on, queueRun({ schedule: allAtOnce(names(35)), queue: VIA.name }), [limited]);
    const all = new Jobs(on, wide.head.id, wide.guests);
    const stages = [new Stage(), new Stage()];
    for (const stage of stages) {
      stage.atOnce = () => ({});
      await at(stage);
    }
    await Promise.all(wide.guests.map(({ guest }) => all.add(guest.name, CHANGE)));
    const attempts = () => stages.flatMap((stage) => stage.attempts);
    await until('all attempts', () => attempts().length === 35);
    // Tokens of attempts are times of the server's clock, in microseconds.
    const times = attempts()
      .map(({ fence }) => Number(fence.token) / 1000)
      .sort((a, b) => a - b);
    // The limit is of whole seconds, one after the other: any second that is laid over two of them sees two tens at most.
    const most = Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));
    expect(most).toBeLessThanOrEqual(20);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2900);
    expect(stages.map((stage) => stage.attempts.length > 0)).toEqual([true, true]);
    await all.close();
  });
});

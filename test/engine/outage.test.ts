import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { EngineLink } from '../../src/engine/link.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import { allAtOnce, controller, link, names, queueRun, saved, until } from './support/rollout.ts';
import { Stage, worker } from './support/stage.ts';

let redis: TestRedis;
const links: EngineLink[] = [];
const workers: GuestWorker[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(workers.map((each) => each.stop()));
  await Promise.all(links.map((each) => each.close()));
  await redis.stop();
});

async function machine(note?: (text: string) => void): Promise<EngineLink> {
  const on = await link(redis.url, note);
  links.push(on);
  return on;
}

it('a Redis that is killed in the middle of a run, and started again: the run ends, and each guest with it, once', async () => {
  const stage = new Stage();
  // Guests take their time.
  stage.atOnce = async () => wait(100).then(() => ({}));
  for (let count = 0; count < 2; count++) workers.push(await worker(await machine(), { perform: stage, forks: 4 }));
  const notes: string[] = [];
  const on = await machine((text) => notes.push(text));
  const run = await saved(on, queueRun({ schedule: { ...allAtOnce(names(50)), forks: 20 } }));
  const rollout = controller(on, run);
  const ended = () => rollout.events.filter(({ kind }) => kind === 'guest.finished').length;
  for (const enough of [10, 30]) {
    await until(`${enough} guests to end`, () => ended() >= enough);
    await redis.kill();
    await redis.restart();
  }
  expect(await rollout.result).toBe(0);
  expect(rollout.decided.at(-1)).toBe('over {"changed":50} exit 0');
  const finished = rollout.events.flatMap((event) => (event.kind === 'guest.finished' ? [event.guest] : []));
  expect(finished.sort()).toEqual(names(50).sort());
  expect(new Set(stage.attempts.map(({ guest }) => guest.name)).size).toBe(50);
  // Whoever comes later sees the same.
  const after = controller(await machine(), run, { takesOver: false });
  expect(await after.result).toBe(0);
  expect(after.decided).toEqual(rollout.decided);
  expect(notes.some((text) => text.includes('is lost')) && notes.some((text) => text.includes('is back'))).toBe(true);
});

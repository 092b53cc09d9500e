import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { jobLockKey, keysOf } from '../../src/engine/keys.ts';
import { Jobs } from '../../src/engine/jobs.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import type { LogEntry } from '../../src/engine/log.ts';
import type { GuestTask, QueueRun } from '../../src/engine/queue-run.ts';
import { RunFeed } from '../../src/engine/run-feed.ts';
import { decodeTalk } from '../../src/engine/talk.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { LOSES_NOTHING, startRedis, type TestRedis } from './support/redis.ts';
import { allAtOnce, DIRECT, link, names, queueRun, saved, until } from './support/rollout.ts';
import { Stage, worker } from './support/stage.ts';

const CHANGE: GuestTask = { kind: 'change' };
/** What the protocol promises for a worker that is gone, in milliseconds. */
const TAKEN_OVER_MS = 45_000;

let redis: TestRedis;
let on: EngineLink;
let run: QueueRun;
let jobs: Jobs;
let stage: Stage;
const workers: GuestWorker[] = [];

beforeAll(async () => {
  redis = await startRedis(LOSES_NOTHING);
});
beforeEach(async () => {
  on = await link(redis.url);
  await on.client.flushdb();
  run = await saved(on, queueRun({ schedule: allAtOnce(names(6)) }));
  jobs = new Jobs(on, run.head.id, run.guests);
  stage = new Stage();
});
afterEach(async () => {
  for (const { end } of [...stage.waiting]) end({});
  await Promise.all(workers.splice(0).map((each) => each.stop()));
  await jobs.close();
  await on.close();
});
afterAll(() => redis.stop());

const add = (...guests: string[]) => Promise.all(guests.map((guest) => jobs.add(guest, CHANGE)));
const serve = async (shape: { forks?: number } = {}, perform = stage): Promise<GuestWorker> => {
  const made = await worker(on, { perform, ...shape });
  workers.push(made);
  return made;
};
const entries = async (key: string): Promise<Buffer[]> =>
  (await on.client.xrangeBuffer(key, '-', '+')).map(([, fields]) => fields[1] ?? Buffer.of());
const logged = async (): Promise<LogEntry[]> =>
  (await entries(keysOf(run.head.id).log)).map((text) => JSON.parse(text.toString()) as LogEntry);
const over = (guest: string) => until(`${guest} to be over`, async () => (await jobs.state(guest, CHANGE)) === 'over');

describe('an attempt', () => {
  it('whose lock another has tells nothing', async () => {
    await serve();
    await add('vm1');
    await until('the attempt', () => stage.at('vm1'));
    await on.client.set(jobLockKey(DIRECT.name, `${run.head.id}.0`), 'another', 'PX', 60_000);
    stage.at('vm1')?.end({});
    await add('vm2');
    await until('the next attempt', () => stage.at('vm2'));
    stage.at('vm2')?.end({});
    await over('vm2');
    expect((await logged()).map((entry) => entry.kind === 'ended' && entry.guest)).toEqual(['vm2']);
  });

  it('has a token that is larger than all before it: over attempts, workers, and a Redis that was killed', async () => {
    stage.atOnce = () => ({});
    const others = new Stage();
    others.atOnce = () => ({});
    await serve({ forks: 1 });
    await add('vm1', 'vm2');
    await Promise.all([over('vm1'), over('vm2')]);
    await workers.pop()?.stop();
    await serve({ forks: 1 }, others);
    await add('vm3', 'vm4');
    await Promise.all([over('vm3'), over('vm4')]);
    await redis.kill();
    await redis.restart();
    await add('vm5', 'vm6');
    await Promise.all([over('vm5'), over('vm6')]);
    const tokens = [...stage.attempts, ...others.attempts].map(({ fence }) => fence.token);
    expect(tokens).toHaveLength(6);
    expect(tokens.every((token) => /^\d{16}$/.test(token))).toBe(true);
    expect([...tokens].sort()).toEqual(tokens);
    expect(new Set(tokens).size).toBe(6);
  });

  it('is heard before its end, however short it was', async () => {
    stage.atOnce = ({ guest, emit }) => {
      for (let line = 0; line < 120; line++) emit({ kind: 'guest.output', guest: guest.name, line: `line ${line}` });
      return {};
    };
    const feed = new RunFeed(on.another(), run.head.id);
    await serve();
    await add('vm1');
    const heard: string[] = [];
    await until('the end', async () => {
      for (const news of await feed.read(100)) {
        if (news.kind === 'log') heard.push(news.entry.kind);
        else heard.push(...news.events.map((event) => (event.kind === 'guest.output' ? event.line : event.kind)));
      }
      return heard.includes('ended');
    });
    expect(heard).toEqual([...Array.from({ length: 120 }, (_, line) => `line ${line}`), 'ended']);
  });

  it('that was let go of is not heard any more', async () => {
    const serving = await serve();
    await add('vm1');
    await until('the attempt', () => stage.at('vm1'));
    const { emit, signal } = stage.attempts[0]!;
    const gone = serving.stop();
    serving.abandon();
    await until('the signal', () => signal.aborted);
    emit({ kind: 'guest.output', guest: 'vm1', line: 'late' });
    await gone;
    expect(await entries(keysOf(run.head.id).talk)).toEqual([]);
    expect(await logged()).toEqual([]);
  });
});

describe('the talk of a run', () => {
  it('is cut at its old end', async () => {
    stage.atOnce = async ({ guest, emit }) => {
      for (let line = 0; line < 50 * 2600; line++) {
        emit({ kind: 'guest.output', guest: guest.name, line: `${line}` });
        // As many as go into one entry.
        if (line % 5000 === 0) await on.client.ping();
      }
      return {};
    };
    await serve();
    await add('vm1');
    await over('vm1');
    const { talk } = keysOf(run.head.id);
    const kept = await on.client.xlen(talk);
    expect(kept).toBeGreaterThanOrEqual(2000);
    expect(kept).toBeLessThan(2200);
    const [last] = decodeTalk((await entries(talk)).at(-1)!).slice(-1);
    expect(last).toMatchObject({ line: String(50 * 2600 - 1) });
  });

  it('goes away some time after the run, and so does its log', async () => {
    stage.atOnce = ({ guest, emit }) => {
      emit({ kind: 'guest.output', guest: guest.name, line: 'x' });
      return {};
    };
    await serve();
    await add('vm1');
    await over('vm1');
    const { talk, log, run: head } = keysOf(run.head.id);
    for (const key of [talk, log, head]) expect(await on.client.ttl(key)).toBeGreaterThan(13 * 24 * 60 * 60);
  });
});

describe('a worker', () => {
  it('that is told to stop takes no more, and finishes what it has', async () => {
    const serving = await serve({ forks: 2 });
    await add('vm1', 'vm2', 'vm3');
    await until('two attempts', () => stage.waiting.length === 2);
    const stopped = serving.stop();
    for (const { end } of [...stage.waiting]) end({});
    await stopped;
    expect(stage.attempts).toHaveLength(2);
    expect((await logged()).map(({ kind }) => kind)).toEqual(['ended', 'ended']);
    expect(await jobs.state('vm3', CHANGE)).toBe('open');
  });

  it('that is told to stop does, also while Redis is away', async () => {
    const serving = await serve();
    await add('vm1');
    await until('the attempt', () => stage.at('vm1'));
    stage.at('vm1')?.end({});
    await over('vm1');
    await redis.kill();
    await until('the loss to be known', () => on.client.status === 'reconnecting');
    await serving.stop();
    await redis.restart();
  });

  it('that lets go leaves its guests to the next one at once', async () => {
    const serving = await serve();
    await add('vm1');
    await until('the attempt', () => stage.at('vm1'));
    const gone = serving.stop();
    serving.abandon();
    await gone;
    const others = new Stage();
    others.atOnce = () => ({});
    await serve({}, others);
    await until('the next attempt', () => others.attempts.length === 1, 5000);
    await over('vm1');
    expect(await logged()).toMatchObject([{ kind: 'ended', guest: 'vm1', end: { outcome: 'changed' } }]);
  });

  it('that lets go again and again does not use up the attempts at a guest', async () => {
    await add('vm1');
    for (let round = 1; round <= 5; round++) {
      const serving = await serve();
      await until(`attempt ${round}`, () => stage.attempts.length === round);
      const gone = serving.stop();
      serving.abandon();
      await gone;
    }
    expect(await jobs.state('vm1', CHANGE)).toBe('open');
  });

  it('that is killed is taken over from in less than 45 s', async () => {
    const program = join(import.meta.dirname, 'support/worker-process.ts');
    const victim = spawn(process.execPath, ['--import', 'tsx', program, redis.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    victim.stdout.on('data', (text) => (said += String(text)));
    try {
      await add('vm1');
      await until('the victim to take the guest', () => said.includes('took vm1'));
    } finally {
      victim.kill('SIGKILL');
    }
    const killed = performance.now();
    stage.atOnce = () => ({});
    await serve();
    await until('another worker to end it', async () => (await logged()).length === 1, TAKEN_OVER_MS);
    process.stdout.write(
      `a killed worker's guest was ended by another after ${Math.round(performance.now() - killed)} ms\n`,
    );
    const token = /took vm1 (?<token>\d+)/.exec(said)?.groups?.['token'] ?? '';
    expect(Number(stage.attempts[0]?.fence.token)).toBeGreaterThan(Number(token));
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { keysOf } from '../../src/engine/keys.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import { encodeEntry, FIELD, type LogEntry } from '../../src/engine/log.ts';
import type { QueueRun } from '../../src/engine/queue-run.ts';
import { say } from '../../src/engine/scripts.ts';
import { encodeTalk } from '../../src/engine/talk.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import type { Schedule } from '../../src/rollout/strategy/rollout-state.ts';
import { LOSES_NOTHING, startRedis, type TestRedis } from './support/redis.ts';
import { allAtOnce, controller, link, names, queueRun, saved, until, type RunShape } from './support/rollout.ts';
import { Stage, worker } from './support/stage.ts';

let redis: TestRedis;
let served: EngineLink;
let stage: Stage;
let serving: GuestWorker;
const links: EngineLink[] = [];

beforeAll(async () => {
  redis = await startRedis(LOSES_NOTHING);
  served = await link(redis.url);
});
beforeEach(async () => {
  stage = new Stage();
  serving = await worker(served, { perform: stage });
});
afterEach(async () => {
  for (const { end } of [...stage.waiting]) end({});
  await serving.stop();
  await Promise.all(links.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await served.close();
  await redis.stop();
});

/** A machine of its own. */
async function machine(): Promise<EngineLink> {
  const on = await link(redis.url);
  links.push(on);
  return on;
}

const begun = async (shape: RunShape): Promise<QueueRun> => saved(await machine(), queueRun(shape));
/** Its network is gone from one moment to the next, and nobody has heard of it for the time of a lease. */
async function die(on: EngineLink, run: QueueRun): Promise<void> {
  on.client.disconnect();
  await served.client.del(keysOf(run.head.id).lease);
}
const logged = async ({ head }: QueueRun): Promise<LogEntry[]> =>
  (await served.client.xrange(keysOf(head.id).log, '-', '+')).map(([, [, text]]) => JSON.parse(text!) as LogEntry);
const write = (run: QueueRun, ...entries: LogEntry[]) =>
  Promise.all(entries.map((entry) => served.client.xadd(keysOf(run.head.id).log, '*', FIELD, encodeEntry(entry))));
/** Two of one guest each. */
const twoBatches = (more: Partial<Schedule> = {}): Schedule => ({
  ...allAtOnce([]),
  batches: [
    { name: 'batch 1 of 2', canary: false, guests: ['vm1'] },
    { name: 'batch 2 of 2', canary: false, guests: ['vm2'] },
  ],
  ...more,
});
const came = (guest: string, count = 1) =>
  until(
    `attempt ${count} at ${guest}`,
    () => stage.attempts.filter((attempt) => attempt.guest.name === guest).length === count,
  );
const end = async (guest: string): Promise<void> => {
  await until(`an attempt at ${guest}`, () => stage.at(guest));
  stage.at(guest)?.end({});
};

describe('a controller', () => {
  it('has a run done by workers, and tells how each guest ended', async () => {
    const run = await begun({ schedule: allAtOnce(names(5)) });
    stage.atOnce = ({ guest, emit }) => {
      emit({ kind: 'guest.output', guest: guest.name, line: 'hello' });
      return guest.name === 'vm3' ? { outcome: 'unreachable' } : {};
    };
    const rollout = controller(await machine(), run);
    expect(await rollout.result).toBe(4);
    expect(rollout.decided.at(-1)).toBe('over {"changed":4,"unreachable":1} exit 4');
    const order = rollout.events.flatMap((event) => ('guest' in event && event.guest === 'vm2' ? [event.kind] : []));
    expect(order).toEqual(['guest.output', 'guest.finished']);
  });

  it('says when there is no worker', async () => {
    await serving.stop();
    const run = await begun({ schedule: allAtOnce(['vm1']), version: '9.9.8' });
    const rollout = controller(await machine(), run);
    await until('the note', () => rollout.notes.length > 0);
    expect(rollout.notes[0]).toContain('no worker of version 9.9.8 is there; 1 guest waits for one');
    rollout.leaving.abort();
    await rollout.result;
  });

  it('leaves the lease free when it is over', async () => {
    const run = await begun({ schedule: allAtOnce(['vm1']) });
    stage.atOnce = () => ({});
    await controller(await machine(), run).result;
    expect(await served.client.exists(keysOf(run.head.id).lease)).toBe(0);
  });

  it('can be left while Redis is away', async () => {
    const own = await startRedis(LOSES_NOTHING);
    const on = await link(own.url);
    const run = await saved(on, queueRun({ schedule: allAtOnce(['vm1']) }));
    const rollout = controller(on, run);
    await until('the start', () => rollout.running.has('vm1'));
    await own.kill();
    await until('the loss', () => on.client.status !== 'ready');
    rollout.stopping.abort();
    rollout.leaving.abort();
    await rollout.result;
    expect(rollout.decided.at(-2)).toBe('vm1 interrupted left to the workers, who go on with it');
    await on.close();
    await own.stop();
  });
});

describe('a Redis that says no', () => {
  it('in the middle of a run is an error of the engine, with its words', async () => {
    const own = await startRedis(LOSES_NOTHING);
    const on = await link(own.url);
    const run = await saved(on, queueRun({ schedule: twoBatches() }));
    const rollout = controller(on, run);
    await until('the start', () => rollout.running.has('vm1'));
    await own.cli('CONFIG', 'SET', 'maxmemory', '1');
    rollout.stopping.abort();
    await expect(rollout.result).rejects.toMatchObject({
      code: 'E_CONTROL',
      message: expect.stringMatching(/refuses to go on: .*OOM/) as string,
    });
    await on.close();
    await own.stop();
  });
});

describe('a controller that is replaced', () => {
  it('while guests are worked on: each is done once, and the run ends', async () => {
    const run = await begun({ schedule: twoBatches() });
    const first = await machine();
    controller(first, run);
    await came('vm1');
    await die(first, run);
    const rollout = controller(await machine(), run);
    await end('vm1');
    await end('vm2');
    expect(await rollout.result).toBe(0);
    expect(stage.attempts.map(({ guest }) => guest.name)).toEqual(['vm1', 'vm2']);
    expect(rollout.decided).toEqual([
      'batch 1/2 batch 1 of 2: vm1',
      'begin vm1',
      'vm1 changed',
      'batch 1 over, 0 failed',
      'batch 2/2 batch 2 of 2: vm2',
      'begin vm2',
      'vm2 changed',
      'batch 2 over, 0 failed',
      'over {"changed":2} exit 0',
    ]);
  });

  it('before it handed anybody over: the next one does', async () => {
    const run = await begun({ schedule: allAtOnce(['vm1']) });
    await write(run, { kind: 'start' });
    const rollout = controller(await machine(), run);
    await end('vm1');
    expect(await rollout.result).toBe(0);
  });

  it('in the middle of a pause: there is one all the same', async () => {
    const run = await begun({ schedule: twoBatches({ pauseMs: 200 }) });
    const first = await machine();
    const dead = controller(first, run);
    await end('vm1');
    await until('the pause', () => dead.decided.includes('pause 200'));
    await die(first, run);
    const rollout = controller(await machine(), run);
    await end('vm2');
    expect(await rollout.result).toBe(0);
    expect((await logged(run)).map(({ kind }) => kind)).toEqual(['start', 'ended', 'paused', 'ended']);
  });

  it('in the middle of a gate: the next one asks again, and what was seen is seen', async () => {
    const schedule = {
      ...twoBatches({ gate: true }),
      batches: [
        { name: 'batch 1 of 2', canary: false, guests: ['vm1', 'vm2'] },
        { name: 'batch 2 of 2', canary: false, guests: ['vm3'] },
      ],
    };
    const run = await begun({ schedule, gate: { verify: true, command: null } });
    let looks: string[] = [];
    let see: (wrong: string | null) => void = () => undefined;
    const seen = new Promise<string | null>((resolve) => (see = resolve));
    stage.look = ({ guest }) => {
      looks = [...looks, guest.name];
      return guest.name === 'vm1' ? null : seen;
    };
    const first = await machine();
    controller(first, run);
    await end('vm1');
    await end('vm2');
    await until('one look to be over', async () => (await logged(run)).some(({ kind }) => kind === 'checked'));
    await until('the other to be under way', () => looks.includes('vm2'));
    await die(first, run);
    const rollout = controller(await machine(), run);
    await until(
      'the next one to be the controller',
      async () => (await served.client.exists(keysOf(run.head.id).lease)) === 1,
    );
    see('vm2 is odd');
    expect(await rollout.result).toBe(1);
    expect(looks.sort()).toEqual(['vm1', 'vm2']);
    expect(rollout.decided).toContain('gate 1 said no: vm2 is odd');
    expect(rollout.decided).toContain('stopped, 1 not begun: the gate after batch 1 of 2 did not pass: vm2 is odd');
  });

  it('after an interrupt: nobody is begun, and who runs is waited for', async () => {
    await serving.stop();
    const run = await begun({ schedule: allAtOnce(names(3)) });
    serving = await worker(served, { perform: stage, forks: 1 });
    const first = await machine();
    controller(first, run);
    await until('one to be begun', () => stage.attempts.length === 1);
    await write(run, { kind: 'interrupt' });
    await die(first, run);
    const rollout = controller(await machine(), run);
    await until('the two others to be over', () => rollout.running.size === 1);
    await end([...rollout.running][0]!);
    await rollout.result;
    expect(stage.attempts).toHaveLength(1);
    expect(rollout.decided.at(-1)).toContain('"not-begun":2');
  });

  it('while guests talk without a pause', async () => {
    const run = await begun({ schedule: allAtOnce(['vm1']) });
    const { talk } = keysOf(run.head.id);
    const talking = new AbortController();
    const chatter = (async () => {
      const line = encodeTalk([{ kind: 'guest.output', guest: 'vm1', line: 'blah' }]);
      while (!talking.signal.aborted)
        await Promise.all(Array.from({ length: 20 }, () => say(served.client, talk, line)));
    })();
    const rollout = controller(await machine(), run);
    await until('it to begin', () => rollout.running.has('vm1'), 10_000);
    await end('vm1');
    expect(await rollout.result).toBe(0);
    talking.abort();
    await chatter;
  });

  it('and comes back late: it adds nothing, and ends with the reason', async () => {
    const run = await begun({ schedule: twoBatches({ pauseMs: 100 }) });
    const late = controller(await machine(), run);
    await came('vm1');
    // Another has taken the lease meanwhile.
    await served.client.set(keysOf(run.head.id).lease, 'another');
    await end('vm1');
    await expect(late.result).rejects.toMatchObject({
      code: 'E_CONTROL',
      message: `another controller has taken over run ${run.head.id}`,
    });
    expect((await logged(run)).map(({ kind }) => kind)).toEqual(['start', 'ended']);
  });

  it.each<[string, LogEntry]>([
    ['pause', { kind: 'paused', asked: 1 }],
    ['gate', { kind: 'gate', asked: 2, passed: true }],
  ])('an answer that comes twice counts once: a %s', async (_name, twice) => {
    const batches = ['vm1', 'vm2', 'vm3'].map((guest, index) => ({
      name: `batch ${index + 1} of 3`,
      canary: false,
      guests: [guest],
    }));
    const schedule = { ...twoBatches({ gate: true, pauseMs: 50 }), batches };
    const run = await begun({ schedule, gate: { verify: true, command: null } });
    await write(run, { kind: 'start' });
    await write(run, { kind: 'ended', guest: 'vm1', end: { outcome: 'changed', changes: 1, ms: 1 } });
    await write(run, { kind: 'paused', asked: 1 });
    if (twice.kind === 'gate') await write(run, twice);
    await write(run, twice);
    stage.look = ({ guest }) => (guest.name === 'vm2' ? 'vm2 is odd' : null);
    const rollout = controller(await machine(), run);
    await end('vm2');
    expect(await rollout.result).toBe(1);
    expect(rollout.decided.filter((text) => text.startsWith('gate'))).toEqual([
      'gate 1 passed',
      'gate 2 said no: vm2 is odd',
    ]);
    expect(rollout.decided).not.toContain('begin vm3');
  });
});

describe('others who look on', () => {
  it('see all of it and decide nothing', async () => {
    const run = await begun({ schedule: twoBatches({ pauseMs: 20 }) });
    const early = controller(await machine(), run, { takesOver: false });
    const main = controller(await machine(), run);
    await end('vm1');
    const midway = controller(await machine(), run, { takesOver: false });
    await end('vm2');
    expect(await Promise.all([early.result, main.result, midway.result])).toEqual([0, 0, 0]);
    const after = controller(await machine(), run, { takesOver: false });
    await after.result;
    for (const rollout of [early, midway, after]) expect(rollout.decided).toEqual(main.decided);
    expect((await logged(run)).filter(({ kind }) => kind !== 'ended')).toHaveLength(2);
  });

  it('hear in the order in which it happened, however late they come', async () => {
    stage.atOnce = ({ guest, emit }) => {
      emit({ kind: 'guest.output', guest: guest.name, line: 'hello' });
      return {};
    };
    const run = await begun({ schedule: twoBatches({ pauseMs: 20 }) });
    const main = controller(await machine(), run);
    await main.result;
    const late = controller(await machine(), run, { takesOver: false });
    await late.result;
    const kinds = ({ events }: typeof main) => events.map((event) => event.kind);
    const batch = ['batch.started', 'guest.output', 'guest.finished', 'batch.finished'];
    expect(kinds(late)).toEqual(['run.started', ...batch, 'rollout.paused', ...batch, 'run.finished']);
    expect(kinds(main)).toEqual(kinds(late));
  });

  it('do not begin a run', async () => {
    const run = await begun({ schedule: allAtOnce(['vm1']) });
    const rollout = controller(await machine(), run, { takesOver: false });
    stage.atOnce = () => ({});
    const other = await begun({ schedule: allAtOnce(['vm2']) });
    await controller(await machine(), other).result;
    expect(await logged(run)).toEqual([]);
    rollout.leaving.abort();
    await rollout.result;
  });

  it('leave without an effect on the run', async () => {
    const run = await begun({ schedule: allAtOnce(['vm1']) });
    const main = controller(await machine(), run);
    await came('vm1');
    const looker = controller(await machine(), run, { takesOver: false });
    await until('it to see the guest', () => looker.running.has('vm1'));
    looker.stopping.abort();
    expect(await looker.result).toBe(1);
    expect(looker.decided.at(-2)).toBe('vm1 interrupted left to the workers, who go on with it');
    await end('vm1');
    expect(await main.result).toBe(0);
    expect((await logged(run)).map(({ kind }) => kind)).toEqual(['start', 'ended']);
  });

  it('of two that would take over one does', async () => {
    const run = await begun({ schedule: twoBatches({ pauseMs: 20 }) });
    const first = await machine();
    controller(first, run);
    await came('vm1');
    await die(first, run);
    const two = [controller(await machine(), run), controller(await machine(), run)];
    await end('vm1');
    await end('vm2');
    expect(await Promise.all(two.map(({ result }) => result))).toEqual([0, 0]);
    expect(two[0]?.decided).toEqual(two[1]?.decided);
    expect((await logged(run)).map(({ kind }) => kind)).toEqual(['start', 'ended', 'paused', 'ended']);
    expect(stage.attempts).toHaveLength(2);
  });
});

describe('an interrupt', () => {
  it('takes back whom no worker has begun, and lets those finish that run', async () => {
    await serving.stop();
    serving = await worker(served, { perform: stage, forks: 2 });
    const run = await begun({ schedule: { ...allAtOnce(names(8)), forks: 6 } });
    const rollout = controller(await machine(), run);
    await until('two to be begun', () => stage.attempts.length === 2);
    rollout.stopping.abort();
    await until('the others to be over', () => rollout.running.size === 2);
    for (const { attempt } of [...stage.waiting]) await end(attempt.guest.name);
    expect(await rollout.result).toBe(1);
    expect(stage.attempts).toHaveLength(2);
    expect(rollout.decided).toContain('stopped, 2 not begun: interrupted');
    expect(rollout.decided).toContain('vm3 not-begun not begun: interrupted');
    expect(rollout.decided.at(-1)).toBe('over {"not-begun":6,"changed":2} exit 1');
  });

  it('twice leaves those that run, and the log still has their ends', async () => {
    const run = await begun({ schedule: allAtOnce(names(2)) });
    const rollout = controller(await machine(), run);
    await came('vm1');
    await came('vm2');
    rollout.stopping.abort();
    await until('the interrupt', () => rollout.decided.some((text) => text.startsWith('stopped')));
    rollout.leaving.abort();
    expect(await rollout.result).toBe(1);
    expect(rollout.decided.at(-1)).toBe('over {"interrupted":2} exit 1');
    await end('vm1');
    await end('vm2');
    await until('the ends', async () => (await logged(run)).filter(({ kind }) => kind === 'ended').length === 2);
    const after = controller(await machine(), run);
    await after.result;
    expect(after.decided.at(-1)).toBe('over {"changed":2} exit 0');
  });

  it.each([
    ['in a pause', { pauseMs: 1_000_000 }, 'pause 1000000'],
    ['in a gate', { gate: true }, 'batch 1 over, 0 failed'],
  ])('%s ends the run', async (_name, more, when) => {
    stage.look = () => new Promise(() => undefined);
    const run = await begun({ schedule: twoBatches(more), gate: { verify: false, command: 'sleep 1000' } });
    const rollout = controller(await machine(), run);
    await end('vm1');
    await until(when, () => rollout.decided.includes(when));
    rollout.stopping.abort();
    await rollout.result;
    expect(rollout.decided.at(-1)).toBe('over {"changed":1,"not-begun":1} exit 1');
  });

  it('that comes while the log is still read counts once it is', async () => {
    const run = await begun({ schedule: { ...allAtOnce(names(3)), forks: 1 } });
    await write(run, { kind: 'start' });
    const rollout = controller(await machine(), run, {
      watch: (running, change) => {
        if (change === 'begin vm1') running.stopping.abort();
      },
    });
    expect(await rollout.result).toBe(1);
    // The one before this controller had not come to hand vm1 over.
    expect(stage.attempts).toEqual([]);
    expect(rollout.decided.at(-1)).toBe('over {"not-begun":3} exit 1');
    expect((await logged(run)).map(({ kind }) => kind).slice(0, 2)).toEqual(['start', 'interrupt']);
  });

  it('in the moment in which a guest is handed over: it is done, or it is not', async () => {
    for (let round = 0; round < 20; round++) {
      const run = await begun({ schedule: { ...allAtOnce(names(4)), forks: 1 } });
      await write(run, { kind: 'start' });
      await write(run, { kind: 'ended', guest: 'vm1', end: { outcome: 'changed', changes: 1, ms: 1 } });
      stage.attempts.length = 0;
      stage.atOnce = () => ({});
      const rollout = controller(await machine(), run, {
        watch: (running, change) => {
          if (change === `begin vm${3 + (round % 2)}`) queueMicrotask(() => running.stopping.abort());
        },
      });
      await rollout.result;
      const done = stage.attempts.map(({ guest }) => guest.name);
      for (const guest of names(4).slice(1)) {
        const told = rollout.decided.find((text) => text.startsWith(`${guest} `));
        expect(
          told?.startsWith(`${guest} ${done.includes(guest) ? 'changed' : 'not-begun'}`),
          `${guest}: ${told}`,
        ).toBe(true);
      }
    }
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Attempt } from '../../src/engine/attempts.ts';
import { Jobs } from '../../src/engine/jobs.ts';
import { keysOf } from '../../src/engine/keys.ts';
import type { EngineLink } from '../../src/engine/link.ts';
import { encodeEntry, FIELD, type LogEntry } from '../../src/engine/log.ts';
import type { QueueRun } from '../../src/engine/queue-run.ts';
import type { GuestWorker } from '../../src/engine/worker.ts';
import { FAILED } from '../../src/rollout/fleet.ts';
import { lookAgain } from '../../src/rollout/gate.ts';
import { next, rolloutOf } from '../../src/rollout/strategy/next.ts';
import { inProcess, looks, withoutSsh } from './support/in-process.ts';
import { startRedis, type TestRedis } from './support/redis.ts';
import { controller, link, queueRun, saved, until } from './support/rollout.ts';
import { scenarios, type Scenario } from './support/scenario.ts';
import { Stage, worker } from './support/stage.ts';

/** So long a rollout of nine guests may take, however busy the machine is. */
const STUCK_MS = 15_000;
/** A counterexample is told even when there is no time to make it small. */
const LIMITS = { interruptAfterTimeLimit: 60_000 };

let redis: TestRedis;
let on: EngineLink;
let stage: Stage;
let serving: GuestWorker;
const odd = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  redis = await startRedis({ appendonly: false });
  on = await link(redis.url);
  stage = new Stage();
  stage.look = ({ head, guest }: Attempt) => lookAgain(guest, looks(odd.get(head.id) ?? new Set()), withoutSsh());
  serving = await worker(on, { perform: stage });
});
afterAll(async () => {
  for (const { end } of [...stage.waiting]) end({});
  await serving.stop();
  await on.close();
  await redis.stop();
});

async function runOf({ schedule, odd: theirs }: Scenario): Promise<QueueRun> {
  const run = await saved(on, queueRun({ schedule, gate: { verify: schedule.gate, command: null } }));
  odd.set(run.head.id, theirs);
  return run;
}

const logOf = async ({ head }: QueueRun): Promise<LogEntry[]> =>
  (await on.client.xrange(keysOf(head.id).log, '-', '+')).map(([, [, text]]) => JSON.parse(text!) as LogEntry);

/** Ends guests one after the other, as somebody chooses, until the rollout is over. */
async function play(
  run: QueueRun,
  { outcomes, wild, interruptAfter }: Scenario,
  choose: (waiting: readonly string[]) => string | undefined,
): Promise<string[]> {
  let ends = 0;
  let interrupted = false;
  const rollout = controller(on, run);
  const end = { come: false };
  const result = rollout.result.finally(() => (end.come = true));
  const deadline = performance.now() + STUCK_MS;
  while (!end.come) {
    if (performance.now() > deadline) {
      const waiting = stage.of(run.head.id).map(({ attempt }) => attempt.guest.name);
      const told = JSON.stringify({ decided: rollout.decided, running: [...rollout.running], waiting, ends });
      throw new Error(`it does not go on: ${told}`);
    }
    // On a machine that is busy enough a lock may lapse, and a guest be attempted twice.
    const waiting = stage.of(run.head.id);
    const ready = [...new Set(waiting.map(({ attempt }) => attempt.guest.name))].filter((name) =>
      rollout.running.has(name),
    );
    // Without wildness all that are begun are with a worker before the next thing happens.
    if (ready.length === 0 || (!wild && ready.length !== rollout.running.size)) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (!interrupted && interruptAfter !== null && ends >= interruptAfter) {
      interrupted = true;
      rollout.stopping.abort();
      // One that is stopped already, by its budget or a canary, decides nothing more.
      if (!wild)
        await until(
          'the interrupt',
          () => end.come || rollout.events.some(({ kind }) => kind === 'rollout.stopped'),
          STUCK_MS,
        );
      continue;
    }
    const guest = choose(ready);
    if (guest === undefined || !ready.includes(guest)) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    ends += 1;
    for (const each of waiting.filter(({ attempt }) => attempt.guest.name === guest))
      each.end({ outcome: outcomes[guest] ?? 'changed' });
    if (!wild) await until(`the end of ${guest}`, () => end.come || !rollout.running.has(guest), STUCK_MS);
  }
  await result;
  return rollout.decided;
}

const byChoice = ({ choices }: Scenario) => {
  let turn = 0;
  return (waiting: readonly string[]) => waiting[(choices[turn++ % choices.length] ?? 0) % waiting.length];
};

/** Those that are begun and not ended after these entries, and whether nobody is begun any more. */
function stateAfter(run: QueueRun, log: readonly LogEntry[]) {
  let state = rolloutOf(run.schedule);
  for (const entry of log) {
    if (entry.kind === 'checked') continue;
    const event =
      entry.kind === 'ended'
        ? ({ kind: 'ended', guest: entry.guest, failed: FAILED.has(entry.end.outcome) } as const)
        : entry;
    state = next(state, event).state;
  }
  return state;
}

describe('the queue and this process', () => {
  it('decide the same for the same events', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const run = await runOf(scenario);
        const decided = await play(run, scenario, byChoice(scenario));
        const log = await logOf(run);
        expect(await inProcess(run, log, scenario.odd)).toEqual(decided);
        // Each guest has one end, whatever came of the rollout.
        const ends = decided.flatMap((text) => /^(?<guest>vm\d+) /.exec(text)?.groups?.['guest'] ?? []);
        expect(ends.sort()).toEqual(run.guests.map(({ guest }) => guest.name).sort());
      }),
      { numRuns: 30, ...LIMITS },
    );
  });
});

describe('a controller that dies after any entry of the log', () => {
  it('is replaced by one that decides the same', async () => {
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(scenarios, fc.nat(), async (wish, cut) => {
        const scenario = { ...wish, wild: false };
        const whole = await runOf(scenario);
        const decided = await play(whole, scenario, byChoice(scenario));
        const log = await logOf(whole);
        const order = log.flatMap((entry) => (entry.kind === 'ended' ? [entry.guest] : []));
        // Every fourth place of the log is cut at, beginning anywhere.
        for (let kept = cut % 4; kept < log.length; kept += 4) {
          cuts += 1;
          const run = await runOf(scenario);
          const before = log.slice(0, kept);
          for (const entry of before) await on.client.xadd(keysOf(run.head.id).log, '*', FIELD, encodeEntry(entry));
          const { running, stopped } = stateAfter(run, before);
          // What the dead one had handed over: all of it when nobody is begun any more, else some of it.
          const handed = [...running].filter((_guest, index) => stopped || (cut + index) % 2 === 0);
          const jobs = new Jobs(on, run.head.id, run.guests);
          await Promise.all(handed.map((guest) => jobs.add(guest, { kind: 'change' })));
          await until(
            'what was handed over to be begun',
            () => stage.of(run.head.id).length === handed.length,
            STUCK_MS,
          );
          await jobs.close();
          const left = order.slice(before.filter(({ kind }) => kind === 'ended').length);
          const ended = order.length - left.length;
          const isInterrupted = before.some(({ kind }) => kind === 'interrupt');
          const interruptAfter =
            scenario.interruptAfter === null || isInterrupted ? null : scenario.interruptAfter - ended;
          const played = await play(run, { ...scenario, interruptAfter }, (waiting) =>
            waiting.includes(left[0] ?? '') ? left.shift() : undefined,
          );
          expect(played, `cut after ${kept} of ${log.length}`).toEqual(decided);
        }
      }),
      { numRuns: 12, ...LIMITS },
    );
    expect(cuts).toBeGreaterThan(6);
  });
});

import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { openEngine, type EngineLink } from '../../../src/engine/link.ts';
import { QueueEngine } from '../../../src/engine/queue-engine.ts';
import type { QueuedGuest, QueueRun } from '../../../src/engine/queue-run.ts';
import { registerQueues, type QueueSpec } from '../../../src/engine/queues.ts';
import { parseEngineUrl } from '../../../src/engine/redis/address.ts';
import { saveRun } from '../../../src/engine/run-store.ts';
import type { Event } from '../../../src/events.ts';
import type { Guest } from '../../../src/inventory/guest.ts';
import { exitCodeFor } from '../../../src/report/exit-code.ts';
import type { Engine, Listener } from '../../../src/rollout/engine.ts';
import { runFleet } from '../../../src/rollout/fleet.ts';
import type { Schedule } from '../../../src/rollout/strategy/rollout-state.ts';

export const VERSION = '9.9.9';
/** The queue of guests that are dialled directly. */
export const DIRECT: QueueSpec = {
  name: `v${VERSION}-direct`,
  via: null,
  perSecond: null,
  usedAt: '2026-11-27T00:00:00.000Z',
};

export function link(url: string, note?: (text: string) => void): Promise<EngineLink> {
  return openEngine(parseEngineUrl(url), { name: 'test', ...(note === undefined ? {} : { note }) });
}

export function guestNamed(name: string): Guest {
  return { name, transport: 'ssh', host: name, become: true, groups: [], vars: [] };
}

export const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `vm${index + 1}`);

/** Everybody at once. */
export function allAtOnce(guests: readonly string[]): Schedule {
  return {
    batches: [{ name: 'batch 1 of 1', canary: false, guests }],
    forks: 1000,
    pauseMs: 0,
    failureLimit: null,
    gate: false,
  };
}

export interface RunShape {
  schedule: Schedule;
  gate?: QueueRun['gate'];
  queue?: string;
  version?: string;
}

/** A run of `arm`, which needs no desired state. */
export function queueRun({ schedule, gate, queue = DIRECT.name, version = VERSION }: RunShape): QueueRun {
  const queued = ({ guests }: { guests: readonly string[] }): QueuedGuest[] =>
    guests.map((name) => ({ guest: guestNamed(name), desired: null, queue }));
  return {
    head: {
      id: randomUUID().slice(0, 13),
      command: 'arm',
      by: 'tester@here',
      version,
      startedAt: new Date().toISOString(),
    },
    request: {
      command: 'arm',
      dryRun: false,
      adopt: false,
      purge: false,
      rebootMs: null,
      waits: false,
      deadlines: { guest: null, step: null },
      probeMs: 1000,
    },
    schedule,
    gate: gate ?? { verify: false, command: null },
    guests: schedule.batches.flatMap(queued),
    desired: new Map(),
  };
}

/** Writes a run down with its queues, as a controller does before it begins. */
export async function saved(on: EngineLink, run: QueueRun, specs: QueueSpec[] = [DIRECT]): Promise<QueueRun> {
  await registerQueues(on.client, specs);
  await saveRun(on.client, run);
  return run;
}

/** A rollout that is under way, and what it has decided so far: one line each, without times. */
export interface Underway {
  readonly decided: string[];
  readonly events: Event[];
  readonly notes: string[];
  readonly stopping: AbortController;
  readonly leaving: AbortController;
  /** The exit code. */
  readonly result: Promise<number>;
  /** Guests that it counts as begun and not ended. */
  readonly running: Set<string>;
}

/** @param made told of the rollout before it begins, so that it can be watched from its first decision on */
export function underway(
  run: Pick<QueueRun, 'head' | 'schedule'>,
  makeEngine: (listener: Listener, rollout: Omit<Underway, 'result'>) => Engine,
  made: (rollout: Omit<Underway, 'result'>, change: string) => void = () => undefined,
): Underway {
  const { schedule, head } = run;
  const rollout = {
    decided: [] as string[],
    events: [] as Event[],
    notes: [] as string[],
    stopping: new AbortController(),
    leaving: new AbortController(),
    running: new Set<string>(),
  };
  const decide = (text: string): void => {
    rollout.decided.push(text);
    made(rollout, text);
  };
  const result = runFleet(
    {
      command: head.command,
      guests: schedule.batches.flatMap(({ guests }) => guests),
      schedule,
      emit: (event) => {
        rollout.events.push(event);
        if (event.kind === 'guest.finished') rollout.running.delete(event.guest);
        const words = wordsFor(event);
        if (words !== null) decide(words);
      },
      stopping: rollout.stopping.signal,
      exitCode: (outcomes) => exitCodeFor(outcomes, { dryRun: false, detailedExitcode: false }),
    },
    (listener) => {
      const engine = makeEngine(listener, rollout);
      return watched(engine, (guest) => {
        rollout.running.add(guest);
        decide(`begin ${guest}`);
      });
    },
  );
  // Whoever does not look at it is not failed by it.
  result.catch(() => undefined);
  return { ...rollout, result };
}

/** A rollout over the queue. */
export function controller(
  on: EngineLink,
  run: QueueRun,
  { takesOver = true, watch }: { takesOver?: boolean; watch?: Parameters<typeof underway>[2] } = {},
): Underway {
  return underway(
    run,
    (listener, { events, notes, stopping, leaving }) =>
      new QueueEngine(
        on,
        run,
        {
          takesOver,
          emit: (event) => events.push(event),
          note: (text) => notes.push(text),
          signals: { stopping: stopping.signal, leaving: leaving.signal, deadlines: run.request.deadlines },
        },
        listener,
      ),
    watch,
  );
}

function watched(engine: Engine, begun: (guest: string) => void): Engine {
  return {
    start: () => engine.start(),
    begin: (guest) => {
      begun(guest);
      engine.begin(guest);
    },
    pause: (ms) => engine.pause(ms),
    gate: (batch) => engine.gate(batch),
    interrupt: () => engine.interrupt(),
    recall: (reason) => engine.recall(reason),
    elapsed: () => engine.elapsed(),
    close: () => engine.close(),
  };
}

/** A decision in words; null: what a guest says, which decides nothing. */
function wordsFor(event: Event): string | null {
  switch (event.kind) {
    case 'batch.started':
      return `batch ${event.batch}/${event.of} ${event.name}: ${event.guests.join(' ')}`;
    case 'batch.finished':
      return `batch ${event.batch} over, ${event.failed} failed`;
    case 'rollout.paused':
      return `pause ${event.ms}`;
    case 'rollout.gate':
      return `gate ${event.batch} ${event.passed ? 'passed' : `said no: ${event.reason ?? ''}`}`;
    case 'rollout.stopped':
      return `stopped, ${event.notBegun} not begun: ${event.reason}`;
    case 'guest.finished':
      return `${event.guest} ${event.outcome} ${event.error?.code ?? event.reason ?? ''}`.trimEnd();
    case 'run.finished':
      return `over ${JSON.stringify(event.outcomes)} exit ${event.exitCode}`;
    default:
      return null;
  }
}

/** Waits until it is so. @throws Error that names what was waited for, after so many milliseconds */
export async function until(what: string, isSo: () => unknown, withinMs = 60_000, everyMs = 5): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await wait(everyMs);
  }
}

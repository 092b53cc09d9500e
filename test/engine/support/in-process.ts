import type { LogEntry } from '../../../src/engine/log.ts';
import type { QueueRun } from '../../../src/engine/queue-run.ts';
import type { GuestSession } from '../../../src/guest/session.ts';
import type { Engine } from '../../../src/rollout/engine.ts';
import type { Ended, GuestRun, Work } from '../../../src/rollout/guest-run.ts';
import { LocalEngine } from '../../../src/rollout/local-engine.ts';
import { underway, until } from './rollout.ts';

const SESSION = { counters: { retries: 0 }, close: () => Promise.resolve() } as unknown as GuestSession;

/** A guest run that reaches guests without SSH. */
export function withoutSsh(emit: GuestRun['emit'] = () => undefined): GuestRun {
  const never = new AbortController().signal;
  return {
    emit,
    stopping: never,
    leaving: never,
    deadlines: { guest: null, step: null },
    means: {
      open: () => Promise.resolve(SESSION),
      templates: {},
      client: { id: 'test', owner: 'test', waits: false, isLeft: () => false },
      runId: 'test',
      timeouts: { probe: 1, converge: 1, reconnect: 1 },
    },
  };
}

/** What a look of a gate finds. */
export function looks(odd: ReadonlySet<string>): Work {
  return ({ guest }) =>
    Promise.resolve(
      odd.has(guest.name) ? { outcome: 'refused', changes: 0, reason: 'odd' } : { outcome: 'converged', changes: 0 },
    );
}

/**
 * Drives the engine of this process through what a log has recorded, in its order.
 * @returns what was decided
 */
export async function inProcess(run: QueueRun, log: readonly LogEntry[], odd: ReadonlySet<string>): Promise<string[]> {
  const working = new Map<string, (ended: Ended) => void>();
  const work: Work = ({ guest }) => new Promise((resolve) => working.set(guest.name, resolve));
  const held: { pause: (() => void) | null; gate: (() => void) | null } = { pause: null, gate: null };
  const rollout = underway(run, (listener, { events }) => {
    const guests = run.guests.map(({ guest }) => guest);
    const { verify, command } = run.gate;
    const gate = { verify: verify ? looks(odd) : null, command };
    const guestRun = withoutSsh((event) => events.push(event));
    return heldBack(new LocalEngine(guestRun, { guests, work, gate, forks: 5 }, listener), held);
  });
  let over = false;
  rollout.result.then(
    () => (over = true),
    () => (over = true),
  );
  for (const entry of log) {
    if (entry.kind === 'ended') {
      if (!rollout.running.has(entry.guest)) continue;
      await until(`${entry.guest} to be worked on`, () => working.has(entry.guest));
      // The log has ends as workers tell them, times and all.
      const { outcome, changes, reason } = entry.end;
      working.get(entry.guest)?.({ outcome, changes, ...(reason === undefined ? {} : { reason }) });
      await until(`the end of ${entry.guest}`, () => !rollout.running.has(entry.guest));
    } else if (entry.kind === 'interrupt') {
      rollout.stopping.abort();
    } else if (entry.kind === 'paused' || entry.kind === 'gate') {
      const go = entry.kind === 'paused' ? held.pause : held.gate;
      if (go === null) continue;
      held.pause = held.gate = null;
      const before = rollout.decided.length;
      go();
      await until(`${entry.kind} to be over`, () => rollout.decided.length > before || held.gate !== null || over);
    }
  }
  await rollout.result;
  return rollout.decided;
}

/** Pauses and gates begin when the log has their answer: what comes before it there comes before it here. */
function heldBack(engine: Engine, held: { pause: (() => void) | null; gate: (() => void) | null }): Engine {
  return {
    start: () => engine.start(),
    begin: (guest) => engine.begin(guest),
    pause: (ms) => (held.pause = () => engine.pause(ms)),
    gate: (batch) => (held.gate = () => engine.gate(batch)),
    interrupt: () => engine.interrupt(),
    recall: (reason) => engine.recall(reason),
    elapsed: () => engine.elapsed(),
    close: () => engine.close(),
  };
}

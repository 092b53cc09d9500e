import type { Event, Outcome } from '../events.ts';
import type { Engine, GuestEnd, Listener, RolloutEntry } from './engine.ts';
import { next, rolloutOf } from './strategy/next.ts';
import type { RolloutAction, RolloutState, Schedule } from './strategy/rollout-state.ts';

export type { Ended, Talk, Work } from './guest-run.ts';

export interface FleetRun {
  readonly command: string;
  readonly profile?: string;
  /** Names, in the order of the inventory. */
  readonly guests: readonly string[];
  readonly schedule: Schedule;
  readonly emit: (event: Event) => void;
  readonly stopping: AbortSignal;
  readonly exitCode: (outcomes: Readonly<Partial<Record<Outcome, number>>>) => number;
}

/** Outcomes that use up the failure budget. */
export const FAILED: ReadonlySet<Outcome> = new Set<Outcome>(['failed', 'unreachable', 'refused']);

/**
 * Does the work on every guest, in the order and so many at a time as the schedule says, and says how each one ended.
 * One guest's trouble is its own. Nobody is connected to before its turn.
 * @param makeEngine carries out what is decided here
 */
export function runFleet(run: FleetRun, makeEngine: (listener: Listener) => Engine): Promise<number> {
  const { command, profile, guests } = run;
  run.emit({ kind: 'run.started', command, ...(profile === undefined ? {} : { profile }), guests });
  return new Promise((resolve, reject) => {
    new Rollout(run, makeEngine, resolve, reject).start();
  });
}

/** Hands what the strategy decides to the engine, and tells the strategy what became of it. */
class Rollout implements Listener {
  readonly #run: FleetRun;
  readonly #engine: Engine;
  readonly #resolve: (exitCode: number) => void;
  readonly #reject: (error: unknown) => void;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #interrupt = (): void => this.#engine.interrupt();
  #state: RolloutState;
  #batchStarted = 0;
  #over = false;

  constructor(
    run: FleetRun,
    makeEngine: (listener: Listener) => Engine,
    resolve: (exitCode: number) => void,
    reject: (error: unknown) => void,
  ) {
    this.#run = run;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#state = rolloutOf(run.schedule);
    this.#engine = makeEngine(this);
  }

  start(): void {
    const { stopping } = this.#run;
    stopping.addEventListener('abort', this.#interrupt, { once: true });
    if (stopping.aborted) this.#engine.interrupt();
    else this.#engine.start();
  }

  hear(entry: RolloutEntry): void {
    if (this.#over) return;
    try {
      if (entry.kind !== 'ended') {
        if (entry.kind === 'gate' && this.#state.phase === 'gate') {
          const { passed, reason } = entry;
          const why = reason === undefined ? {} : { reason };
          this.#run.emit({ kind: 'rollout.gate', batch: this.#state.batch + 1, passed, ...why });
        }
        this.#step(entry);
      } else if (this.#state.running.has(entry.guest)) {
        this.#ended(entry.guest, entry.end);
        this.#step({ kind: 'ended', guest: entry.guest, failed: FAILED.has(entry.end.outcome) });
      }
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    void this.#engine.close().then(() => this.#reject(error), this.#reject);
  }

  leave(): void {
    if (this.#over) return;
    const reason = 'left to the workers, who go on with it';
    for (const guest of this.#state.running)
      this.#ended(guest, { outcome: 'interrupted', changes: 0, reason, ms: this.#engine.elapsed() });
    this.#done();
  }

  #step(event: Parameters<typeof next>[1]): void {
    const { state, actions } = next(this.#state, event);
    this.#state = state;
    for (const action of actions) this.#carryOut(action);
  }

  #carryOut(action: RolloutAction): void {
    switch (action.kind) {
      case 'open':
        this.#batchStarted = this.#engine.elapsed();
        this.#opened(action.batch);
        return;
      case 'begin':
        this.#engine.begin(action.guest);
        return;
      case 'close': {
        const { batch, failed } = action;
        this.#ofBatches({
          kind: 'batch.finished',
          batch: batch + 1,
          failed,
          ms: this.#engine.elapsed() - this.#batchStarted,
        });
        return;
      }
      case 'pause':
        this.#run.emit({ kind: 'rollout.paused', ms: action.ms });
        this.#engine.pause(action.ms);
        return;
      case 'gate': {
        const { name = '', guests = [] } = this.#run.schedule.batches[action.batch] ?? {};
        const sound = guests.filter((guest) => !FAILED.has(this.#outcomes.get(guest) ?? 'failed'));
        this.#engine.gate({ batch: action.batch, name, guests: sound });
        return;
      }
      case 'stop':
        this.#run.emit({ kind: 'rollout.stopped', reason: action.reason, notBegun: action.notBegun.length });
        for (const guest of action.notBegun)
          this.#ended(guest, { outcome: 'not-begun', changes: 0, reason: `not begun: ${action.reason}`, ms: 0 });
        this.#engine.recall(action.reason);
        return;
      case 'done':
        this.#done();
    }
  }

  #opened(batch: number): void {
    const { batches } = this.#run.schedule;
    const { name = '', guests = [] } = batches[batch] ?? {};
    this.#ofBatches({ kind: 'batch.started', batch: batch + 1, of: batches.length, name, guests });
  }

  /** A fleet that goes all at once has no batches to tell of. */
  #ofBatches(event: Event): void {
    if (this.#run.schedule.batches.length > 1) this.#run.emit(event);
  }

  #ended(guest: string, end: GuestEnd): void {
    this.#outcomes.set(guest, end.outcome);
    this.#run.emit({ kind: 'guest.finished', guest, ...end });
  }

  #done(): void {
    this.#end();
    const outcomes: Partial<Record<Outcome, number>> = {};
    for (const outcome of this.#outcomes.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const exitCode = this.#run.exitCode(outcomes);
    const ms = this.#engine.elapsed();
    this.#engine.close().then(() => {
      this.#run.emit({ kind: 'run.finished', outcomes, exitCode, ms });
      this.#resolve(exitCode);
    }, this.#reject);
  }

  #end(): void {
    this.#over = true;
    this.#run.stopping.removeEventListener('abort', this.#interrupt);
  }
}

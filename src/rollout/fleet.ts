import type { Event, Outcome } from '../events.ts';
import type { Guest } from '../inventory/guest.ts';
import { askGate, type Gate } from './gate.ts';
import { runGuest, type Ended, type GuestRun, type Work } from './guest-run.ts';
import { next, rolloutOf } from './strategy/next.ts';
import type { RolloutAction, RolloutEvent, RolloutState, Schedule } from './strategy/rollout-state.ts';

export type { Ended, Talk, Work } from './guest-run.ts';

export interface FleetRun extends GuestRun {
  readonly command: string;
  readonly profile?: string;
  readonly guests: readonly Guest[];
  readonly schedule: Schedule;
  readonly gate: Gate;
  readonly exitCode: (outcomes: Readonly<Partial<Record<Outcome, number>>>) => number;
}

/** Outcomes that use up the failure budget. */
const FAILED: ReadonlySet<Outcome> = new Set<Outcome>(['failed', 'unreachable', 'refused']);

/**
 * Does the work on every guest, in the order and so many at a time as the schedule says, and says how each one ended.
 * One guest's trouble is its own. Nobody is connected to before its turn.
 */
export function runFleet(run: FleetRun, work: Work): Promise<number> {
  const { command, profile, guests } = run;
  const names = guests.map(({ name }) => name);
  run.emit({ kind: 'run.started', command, ...(profile === undefined ? {} : { profile }), guests: names });
  return new Promise((resolve, reject) => {
    new Engine(run, work, resolve, reject).start();
  });
}

/** Carries out what the strategy decides, and tells it what became of it. */
class Engine {
  readonly #run: FleetRun;
  readonly #work: Work;
  readonly #resolve: (exitCode: number) => void;
  readonly #reject: (error: unknown) => void;
  readonly #guests: ReadonlyMap<string, Guest>;
  readonly #started = performance.now();
  readonly #outcomes = new Map<string, Outcome>();
  readonly #interrupt = (): void => this.#tell({ kind: 'interrupt' });
  #state: RolloutState;
  #batchStarted = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(run: FleetRun, work: Work, resolve: (exitCode: number) => void, reject: (error: unknown) => void) {
    this.#run = run;
    this.#work = work;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#guests = new Map(run.guests.map((guest) => [guest.name, guest]));
    this.#state = rolloutOf(run.schedule);
  }

  start(): void {
    const { stopping } = this.#run;
    stopping.addEventListener('abort', this.#interrupt, { once: true });
    this.#tell({ kind: stopping.aborted ? 'interrupt' : 'start' });
  }

  #tell(event: RolloutEvent): void {
    try {
      const { state, actions } = next(this.#state, event);
      this.#state = state;
      for (const action of actions) this.#carryOut(action);
    } catch (error) {
      this.#reject(error);
    }
  }

  #carryOut(action: RolloutAction): void {
    switch (action.kind) {
      case 'open':
        this.#batchStarted = performance.now();
        this.#opened(action.batch);
        return;
      case 'begin':
        this.#begin(action.guest).catch(this.#reject);
        return;
      case 'close':
        this.#ofBatches({
          kind: 'batch.finished',
          batch: action.batch + 1,
          failed: action.failed,
          ms: since(this.#batchStarted),
        });
        return;
      case 'pause':
        this.#run.emit({ kind: 'rollout.paused', ms: action.ms });
        this.#pause = setTimeout(() => this.#tell({ kind: 'paused' }), action.ms);
        return;
      case 'gate':
        this.#askGate(action.batch).catch(this.#reject);
        return;
      case 'stop':
        this.#run.emit({ kind: 'rollout.stopped', reason: action.reason, notBegun: action.notBegun.length });
        for (const guest of action.notBegun)
          this.#ended(guest, { outcome: 'not-begun', changes: 0, reason: `not begun: ${action.reason}` }, 0);
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

  async #begin(name: string): Promise<void> {
    const guest = this.#guests.get(name);
    if (guest === undefined) throw new Error(`no guest ${name} in this run`);
    const begun = performance.now();
    const ended = await runGuest(this.#run, guest, this.#work);
    this.#ended(name, ended, since(begun));
    this.#tell({ kind: 'ended', guest: name, failed: FAILED.has(ended.outcome) });
  }

  #ended(guest: string, ended: Ended, ms: number): void {
    this.#outcomes.set(guest, ended.outcome);
    this.#run.emit({ kind: 'guest.finished', guest, ms, ...ended });
  }

  async #askGate(index: number): Promise<void> {
    const { schedule, gate } = this.#run;
    const { name = '', guests = [] } = schedule.batches[index] ?? {};
    const sound = guests.flatMap((guest) => (FAILED.has(this.#outcomes.get(guest) ?? 'failed') ? [] : guest));
    const batch = { name, guests: sound.flatMap((guest) => this.#guests.get(guest) ?? []) };
    const result = await askGate(gate, batch, this.#run, schedule.forks);
    if (this.#state.phase !== 'gate') return;
    this.#run.emit({ kind: 'rollout.gate', batch: index + 1, ...result });
    this.#tell({ kind: 'gate', ...result });
  }

  #done(): void {
    clearTimeout(this.#pause);
    this.#run.stopping.removeEventListener('abort', this.#interrupt);
    const outcomes: Partial<Record<Outcome, number>> = {};
    for (const outcome of this.#outcomes.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const exitCode = this.#run.exitCode(outcomes);
    this.#run.emit({ kind: 'run.finished', outcomes, exitCode, ms: since(this.#started) });
    this.#resolve(exitCode);
  }
}

function since(then: number): number {
  return Math.round(performance.now() - then);
}

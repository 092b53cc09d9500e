import type { Event, EventKind, Outcome } from '../../events.ts';
import { OUTCOME_WORDS, FAILURES } from '../result-lines.ts';
import type { EventOf } from '../run-state.ts';
import { Pace } from './pace.ts';
import { CRASH_STEPS, type Phase, type Running } from './phases.ts';

/** A guest that did not make it, and the code of its error, or what became of it where there is none. */
export interface Failure {
  readonly guest: string;
  readonly code: string;
  readonly step: string;
}

/** The part of a rollout that goes on now. */
interface Batch {
  readonly batch: number;
  readonly of: number;
  readonly name: string;
  readonly guests: number;
  /** Guests that had ended when it began. */
  readonly endedBefore: number;
  finished: boolean;
}

/** More than any frame shows. */
const FAILURES_KEPT = 20;

/**
 * What the live view knows: every guest is waiting, running in one phase, or ended with one outcome. An event costs the
 * same however many guests there are, and only running guests are kept one by one.
 */
export class LiveState {
  command = '';
  profile = '';
  /** When the run began, by the clock of the caller, milliseconds. */
  started = 0;
  readonly running = new Map<string, Running>();
  readonly outcomes = new Map<Outcome, number>();
  /** The latest ones, in the order in which they failed. */
  readonly failures: Failure[] = [];
  failed = 0;
  batch: Batch | null = null;
  /** A pause between batches: until when. */
  pausedUntil: number | null = null;
  stopped: string | null = null;
  readonly pace = new Pace();
  /** Changes with everything that a frame shows, except time itself. */
  version = 0;
  readonly #known = new Set<string>();
  readonly #ended = new Set<string>();

  get total(): number {
    return this.#known.size;
  }

  get ended(): number {
    return this.#ended.size;
  }

  /** Guests whose turn has not come. */
  get waiting(): number {
    return this.total - this.ended - this.running.size;
  }

  /** Takes an event in; those of a guest that has ended are late, and say nothing any more. */
  record(event: Event, now: number): void {
    // The table is keyed by the kind itself, which TypeScript cannot follow through an index.
    const recorder = RECORDERS[event.kind] as ((event: Event, state: LiveState, now: number) => void) | undefined;
    if (recorder === undefined) return;
    recorder(event, this, now);
    this.version += 1;
  }

  begin(guests: readonly string[]): void {
    for (const guest of guests) this.#known.add(guest);
  }

  /** Puts a guest into a phase, from wherever it was; one that is heard of for the first time has begun `ago` ms ago. */
  move(guest: string, now: number, phase: Phase | null, step: string, ago = 0): Running | undefined {
    if (this.#ended.has(guest)) return undefined;
    this.#known.add(guest);
    const before = this.running.get(guest);
    const to = phase ?? before?.phase ?? 'reading';
    if (before === undefined) {
      const running: Running = { since: now - ago, phase: to, phaseSince: now, step };
      this.running.set(guest, running);
      return running;
    }
    if (before.phase !== to) before.phaseSince = now;
    before.phase = to;
    before.step = step;
    return before;
  }

  end({ guest, outcome, error }: EventOf<'guest.finished'>, now: number): void {
    if (this.#ended.has(guest)) return;
    this.#known.add(guest);
    this.#ended.add(guest);
    this.running.delete(guest);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    // What was not begun has not failed; that it ends badly is the summary's to say.
    if (FAILURES.has(outcome) && outcome !== 'not-begun') {
      this.failed += 1;
      this.failures.push({ guest, code: error?.code ?? OUTCOME_WORDS[outcome].text, step: error?.step ?? '' });
      if (this.failures.length > FAILURES_KEPT) this.failures.shift();
    }
    // What was never begun says nothing about how fast the others are.
    if (outcome !== 'not-begun' && outcome !== 'interrupted') this.pace.ended(now);
  }
}

const RECORDERS: { readonly [K in EventKind]?: (event: EventOf<K>, state: LiveState, now: number) => void } = {
  'run.started': ({ command, profile, guests }, state, now) => {
    state.command = command;
    state.profile = profile ?? '';
    state.started = now;
    state.begin(guests);
  },
  'guest.begun': ({ guest }, state, now) => {
    state.move(guest, now, 'connecting', '');
  },
  'guest.connected': ({ guest, ms }, state, now) => {
    state.move(guest, now, 'reading', '', ms);
  },
  'guest.plan': ({ guest, plan, dryRun }, state, now) => {
    const changing = !dryRun && plan.stages.some(({ steps }) => steps.length > 0);
    state.move(guest, now, changing ? 'changing' : 'reading', '');
  },
  'guest.step': ({ guest, step, status }, state, now) => {
    state.move(guest, now, 'changing', status === 'started' ? step : '');
  },
  'guest.reboot': ({ guest, phase }, state, now) => {
    if (phase === 'back') state.move(guest, now, 'reading', 'rebooted');
    else state.move(guest, now, 'rebooting', phase === 'requested' ? '' : phase);
  },
  'guest.gate': ({ guest, state: gate, reason }, state, now) => {
    state.move(guest, now, 'arming', `${gate} ${reason}`);
  },
  'guest.crash': ({ guest, phase }, state, now) => {
    state.move(guest, now, 'crashing', CRASH_STEPS[phase]);
  },
  'guest.transfer': ({ guest, dump, done, total }, state, now) => {
    const running = state.move(guest, now, 'fetching', dump);
    if (running === undefined) return;
    const { since, from } = running.transfer?.dump === dump ? running.transfer : { since: now, from: done };
    running.transfer = { dump, since, from, done, total };
  },
  'guest.fetched': ({ guest }, state, now) => {
    const running = state.move(guest, now, 'reading', '');
    delete running?.transfer;
  },
  'guest.tracing': ({ guest, phase, second, of }, state, now) => {
    state.move(guest, now, 'tracing', phase === 'tracing' ? `${second} s of ${of} s` : phase);
  },
  'guest.finished': (event, state, now) => {
    state.end(event, now);
  },
  'batch.started': ({ batch, of, name, guests }, state) => {
    state.begin(guests);
    state.batch = { batch, of, name, guests: guests.length, endedBefore: state.ended, finished: false };
    state.pausedUntil = null;
    // Who goes at another width goes at another pace.
    state.pace.forget();
  },
  'batch.finished': (_event, state) => {
    if (state.batch) state.batch.finished = true;
  },
  'rollout.paused': ({ ms }, state, now) => {
    state.pausedUntil = now + ms;
  },
  'rollout.gate': ({ passed, reason }, state) => {
    if (!passed) state.stopped = reason ?? 'the gate said no';
  },
  'rollout.stopped': ({ reason }, state) => {
    state.stopped = reason;
    state.pausedUntil = null;
  },
};

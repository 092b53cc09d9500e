import type { Guest } from '../inventory/guest.ts';
import type { Engine, GatedBatch, Listener } from './engine.ts';
import { askGate, lookAgain, type Gate } from './gate.ts';
import { runGuest, type GuestRun, type Work } from './guest-run.ts';

export interface LocalWork {
  readonly guests: readonly Guest[];
  readonly work: Work;
  readonly gate: Gate;
  /** Looks of a gate at a time. */
  readonly forks: number;
}

/** Does everything in this process. */
export class LocalEngine implements Engine {
  readonly #run: GuestRun;
  readonly #local: LocalWork;
  readonly #listener: Listener;
  readonly #guests: ReadonlyMap<string, Guest>;
  readonly #started = performance.now();
  #pause: NodeJS.Timeout | undefined;

  constructor(run: GuestRun, local: LocalWork, listener: Listener) {
    this.#run = run;
    this.#local = local;
    this.#listener = listener;
    this.#guests = new Map(local.guests.map((guest) => [guest.name, guest]));
  }

  start(): void {
    this.#listener.hear({ kind: 'start' });
  }

  begin(name: string): void {
    const begun = performance.now();
    runGuest(this.#run, this.#guest(name), this.#local.work).then(
      (ended) =>
        this.#listener.hear({
          kind: 'ended',
          guest: name,
          end: { ...ended, ms: Math.round(performance.now() - begun) },
        }),
      (error: unknown) => this.#listener.fail(error),
    );
  }

  pause(ms: number): void {
    this.#pause = setTimeout(() => this.#listener.hear({ kind: 'paused' }), ms);
  }

  gate({ name, guests }: GatedBatch): void {
    const { gate, forks } = this.#local;
    const { verify } = gate;
    const look =
      verify === null
        ? null
        : (guest: string): Promise<string | null> => lookAgain(this.#guest(guest), verify, this.#run);
    askGate({ look, command: gate.command }, { name, guests }, this.#run, forks).then(
      (result) => this.#listener.hear({ kind: 'gate', ...result }),
      (error: unknown) => this.#listener.fail(error),
    );
  }

  interrupt(): void {
    this.#listener.hear({ kind: 'interrupt' });
  }

  recall(): void {
    // Whoever was handed over here has begun.
  }

  elapsed(): number {
    return Math.round(performance.now() - this.#started);
  }

  close(): Promise<void> {
    clearTimeout(this.#pause);
    return Promise.resolve();
  }

  #guest(name: string): Guest {
    const guest = this.#guests.get(name);
    if (guest === undefined) throw new Error(`no guest ${name} in this run`);
    return guest;
  }
}

import { ProvisionError } from '../errors.ts';
import type { Event } from '../events.ts';

/** Milliseconds; null: as long as it takes. */
export interface Deadlines {
  /** A guest, from its first connection to its end. */
  readonly guest: number | null;
  /** One step of a plan. */
  readonly step: number | null;
}

/** Watches one guest: gives it up when it, or a step on it, takes too long, and when the person leaves. */
export class Deadline {
  /** Rejects once the guest is given up; settles in no other way. */
  readonly passed: Promise<never>;
  /** Aborted at the same moment, for whoever waits for the guest. */
  readonly signal: AbortSignal;
  readonly #guest: string;
  readonly #deadlines: Deadlines;
  readonly #leaving: AbortSignal;
  readonly #giveUp: (error: ProvisionError) => void;
  readonly #leave: () => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #stepTimer: NodeJS.Timeout | undefined;
  #doing = 'connecting to it';
  #begun = false;

  constructor(guest: string, deadlines: Deadlines, leaving: AbortSignal) {
    const controller = new AbortController();
    this.signal = controller.signal;
    this.#guest = guest;
    this.#deadlines = deadlines;
    this.#leaving = leaving;
    let reject: (error: ProvisionError) => void = () => undefined;
    this.passed = new Promise<never>((_resolve, refuse) => {
      reject = refuse;
    });
    // Nobody may be waiting any more when it comes.
    this.passed.catch(() => undefined);
    this.#giveUp = (error) => {
      reject(error);
      controller.abort();
    };
    this.#leave = () => this.#giveUp(this.#left());
    if (leaving.aborted) this.#leave();
    leaving.addEventListener('abort', this.#leave, { once: true });
    const { guest: ms } = deadlines;
    if (ms !== null) this.#timer = setTimeout(() => this.#giveUp(this.#late(ms, '--guest-timeout')), ms);
  }

  /** Follows what is being done from what is said about it. */
  heard(event: Event): void {
    if (event.kind === 'guest.connected') this.#doing = 'reading it';
    else if (event.kind === 'guest.plan' && !event.dryRun) this.#at('carrying out its plan', true);
    else if (event.kind === 'guest.reboot') this.#at('rebooting it');
    else if (event.kind === 'guest.gate') this.#at('waiting for its gate');
    else if (event.kind === 'guest.step') {
      clearTimeout(this.#stepTimer);
      this.#at(event.status === 'started' ? `step ${event.step}` : 'carrying out its plan', true);
      const { step: ms } = this.#deadlines;
      if (event.status !== 'started' || ms === null) return;
      this.#stepTimer = setTimeout(() => this.#giveUp(this.#late(ms, '--step-timeout', event.step)), ms);
    }
  }

  /** Ends the watch. */
  over(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#stepTimer);
    this.#leaving.removeEventListener('abort', this.#leave);
  }

  #at(doing: string, begun = this.#begun): void {
    this.#doing = doing;
    this.#begun = begun;
  }

  #late(ms: number, flag: string, step?: string): ProvisionError {
    const seconds = ms / 1000;
    const message = step === undefined ? `took longer than ${seconds} s: ${this.#doing}` : `step ${step} took longer than ${seconds} s`; // prettier-ignore
    return new ProvisionError('E_DEADLINE', message, {
      hint: this.#begun
        ? `what was begun goes on there by itself; run the command again, it follows that to its end (${flag} gives it longer)`
        : `nothing was changed; see whether the guest hangs, or give it longer: ${flag}`,
      where: { guest: this.#guest, ...(step === undefined ? {} : { step }) },
    });
  }

  #left(): ProvisionError {
    return new ProvisionError('E_INTERRUPTED', `left while ${this.#doing}`, {
      hint: this.#begun
        ? 'what was begun goes on there by itself; run the command again, it follows that to its end'
        : 'nothing was changed; run the command again',
      where: { guest: this.#guest },
    });
  }
}

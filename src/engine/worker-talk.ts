import type { Redis } from 'ioredis';

import type { Event } from '../events.ts';
import { say } from './scripts.ts';
import { encodeTalk } from './talk.ts';

/** Milliseconds that what a guest says may wait for company. */
const TOGETHER_MS = 200;
const ENOUGH = 50;

/** What one guest says, on its way to whoever follows the run. */
export class WorkerTalk {
  readonly #redis: Redis;
  readonly #key: string;
  #waiting: Event[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  add(event: Event): void {
    this.#waiting.push(event);
    if (this.#waiting.length >= ENOUGH) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), TOGETHER_MS);
  }

  /** What was not sent yet, as an entry to go with the guest's end; '' when there is none. */
  rest(): Buffer | '' {
    const events = this.#take();
    return events.length === 0 ? '' : encodeTalk(events);
  }

  #send(): void {
    const events = this.#take();
    // It decides nothing: what a lost server did not get is not worth a word.
    if (events.length > 0) say(this.#redis, this.#key, encodeTalk(events)).catch(() => undefined);
  }

  #take(): Event[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    this.#waiting = [];
    return events;
  }
}

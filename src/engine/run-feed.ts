import type { Redis } from 'ioredis';

import type { Event } from '../events.ts';
import { keysOf } from './keys.ts';
import { decodeEntry, type LogEntry } from './log.ts';
import { decodeTalk } from './talk.ts';

/**
 * Entries that are read in one look at most. More than are kept of the talk, so that what guests said is never behind how they
 * ended; a log of 100,000 guests comes in parts.
 */
const AT_ONCE = 5000;

type Streams = [key: Buffer, entries: [id: Buffer, fields: Buffer[] | null][]][];

/** What guests have said, or an entry of the log. */
export type News =
  { readonly kind: 'talk'; readonly events: readonly Event[] } | { readonly kind: 'log'; readonly entry: LogEntry };

/** Reads a run from its beginning, and then as it goes on. */
export class RunFeed {
  readonly #redis: Redis;
  readonly #log: string;
  readonly #talk: string;
  #logFrom = '0';
  #began: number | undefined;
  #talkFrom = '0';

  /** @param redis a connection of its own: it waits */
  constructor(redis: Redis, run: string) {
    const { log, talk } = keysOf(run);
    this.#redis = redis;
    this.#log = log;
    this.#talk = talk;
  }

  /** Milliseconds between the first entry of the log and the last one that was read, by the server's clock. */
  get elapsed(): number {
    return this.#began === undefined ? 0 : millisecondsOf(this.#logFrom) - this.#began;
  }

  /**
   * Waits so many milliseconds at most for something new; it comes in the order in which it was said. A worker adds what a
   * guest said before it adds how the guest ended, and both are read in one moment: nobody is heard after their end.
   */
  async read(waitMs: number): Promise<News[]> {
    const answer = (await this.#redis.xreadBuffer(
      'COUNT',
      AT_ONCE,
      'BLOCK',
      Math.max(1, waitMs),
      'STREAMS',
      this.#talk,
      this.#log,
      this.#talkFrom,
      this.#logFrom,
    )) as Streams | null;
    const found: { readonly at: number; readonly news: News }[] = [];
    // The talk first, so that it stays before entries of the same millisecond.
    for (const key of [this.#talk, this.#log]) {
      const entries = answer?.find(([name]) => name.toString() === key)?.[1] ?? [];
      for (const [idBytes, fields] of entries) {
        const id = idBytes.toString();
        const at = millisecondsOf(id);
        if (key === this.#talk) this.#talkFrom = id;
        else this.#read(id);
        const value = fields?.[1];
        if (value !== undefined) found.push({ at, news: key === this.#talk ? talked(value) : logged(value) });
      }
    }
    return found.sort((one, other) => one.at - other.at).map(({ news }) => news);
  }

  #read(id: string): void {
    this.#logFrom = id;
    this.#began ??= millisecondsOf(id);
  }
}

function talked(value: Buffer): News {
  return { kind: 'talk', events: decodeTalk(value) };
}

function logged(value: Buffer): News {
  return { kind: 'log', entry: decodeEntry(value.toString('utf8')) };
}

/** The time in a stream's id: `1795746241000-0`. */
function millisecondsOf(id: string): number {
  return Number(id.split('-')[0]);
}

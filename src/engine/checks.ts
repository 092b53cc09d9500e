import type { LogEntry } from './log.ts';
import type { GuestTask } from './queue-run.ts';

type Checked = Extract<LogEntry, { kind: 'checked' }>;

/** The looks of gates at guests, done by workers. What was seen is remembered, also from before this controller. */
export class Checks {
  readonly #hand: (guest: string, task: GuestTask) => Promise<void>;
  readonly #seen = new Map<string, string | null>();
  readonly #waiting = new Map<string, (wrong: string | null) => void>();

  /** @param hand hands a look over to the workers */
  constructor(hand: (guest: string, task: GuestTask) => Promise<void>) {
    this.#hand = hand;
  }

  heard({ guest, batch, wrong }: Checked): void {
    const key = keyOf(guest, batch);
    this.#seen.set(key, wrong);
    this.#waiting.get(key)?.(wrong);
    this.#waiting.delete(key);
  }

  /** What is wrong with a guest; null: nothing. */
  async ask(guest: string, batch: number): Promise<string | null> {
    const key = keyOf(guest, batch);
    const seen = this.#seen.get(key);
    if (seen !== undefined) return seen;
    const answer = new Promise<string | null>((resolve) => this.#waiting.set(key, resolve));
    await this.#hand(guest, { kind: 'check', batch });
    return answer;
  }
}

function keyOf(guest: string, batch: number): string {
  return `${batch} ${guest}`;
}

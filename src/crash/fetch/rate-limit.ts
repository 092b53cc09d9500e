/** Waits shorter than this cost more than they even out. */
const WORTH_WAITING_MS = 10;

/** Bytes a second for all transfers of a run together. */
export class RateLimit {
  readonly #bytesPerMs: number;
  /** When everything that was let through so far would have come at the allowed rate. */
  #paidUntil = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Counts these bytes; a promise when the next ones have to wait. */
  take(bytes: number): Promise<void> | undefined {
    const now = performance.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + bytes / this.#bytesPerMs;
    const wait = this.#paidUntil - now;
    if (wait < WORTH_WAITING_MS) return undefined;
    return new Promise((resolve) => setTimeout(resolve, wait));
  }
}

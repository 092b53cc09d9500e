/** A rate over more than this is history. */
const WINDOW_MS = 60_000;
/** Fewer ends than this are chance, and not a rate. */
const LEAST_ENDS = 5;
/** Ends that come in one burst say nothing before this has gone by. */
const LEAST_MS = 5000;
const KEPT = 64;

/**
 * How fast guests end. It falls by itself while nobody ends, and is unknown until it means something: with fewer than
 * five ends in the last minute, or in the first five seconds.
 */
export class Pace {
  #ends: number[] = [];
  #from: number | null = null;

  /** @param now milliseconds */
  ended(now: number): void {
    this.#from ??= now;
    this.#ends.push(now);
    if (this.#ends.length > KEPT * 2) this.#ends = this.#ends.slice(-KEPT);
  }

  forget(): void {
    this.#ends = [];
    this.#from = null;
  }

  /** Guests a minute; null while that is not known. */
  perMinute(now: number): number | null {
    const recent = this.#ends.slice(-KEPT).filter((at) => now - at <= WINDOW_MS);
    const [first] = recent;
    if (first === undefined || this.#from === null || recent.length < LEAST_ENDS) return null;
    if (now - this.#from < LEAST_MS) return null;
    // The first one opens the interval, and is not in it.
    return ((recent.length - 1) / Math.max(now - first, 1)) * 60_000;
  }

  /** Milliseconds that so many guests will take; null while nobody can know: the last few are as slow as they are. */
  left(guests: number, now: number): number | null {
    const perMinute = this.perMinute(now);
    if (perMinute === null || guests < LEAST_ENDS) return null;
    return (guests / perMinute) * 60_000;
  }
}

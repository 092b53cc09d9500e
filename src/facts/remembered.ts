/** Longer texts are read anew: few are, and keeping them would cost more than it spares. */
const LONGEST = 64 * 1024;

/**
 * What was made of texts before. The guests of a fleet say much of the same, to the byte, so that most of what one says was
 * read for another already. What is answered is shared between guests: nobody may change it.
 */
export class Remembered<T extends object> {
  readonly #known = new Map<string, T>();
  readonly #most: number;

  /** @param most so many texts are kept; those go first that were not met for longest */
  constructor(most: number) {
    this.#most = most;
  }

  /** What `read` makes of a text; a pure function of the text alone. Its errors are not kept. */
  of(text: string, read: () => T): T {
    const known = this.#known.get(text);
    const value = known ?? read();
    if (text.length > LONGEST) return value;
    if (known !== undefined) this.#known.delete(text);
    else if (this.#known.size >= this.#most) this.#forgetOldest();
    this.#known.set(text, value);
    return value;
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

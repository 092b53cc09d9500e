const NEWLINE = 0x0a;

/** Lines out of chunks, each told as soon as its end is sure. */
export class LineSplitter {
  readonly #tell: (line: string) => void;
  #partial: Buffer[] = [];
  #told = false;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  push(bytes: Buffer): void {
    let from = 0;
    if (this.#told && bytes.length > 0) {
      // The newline that was foreseen: its line is out already.
      this.#told = false;
      if (bytes[0] === NEWLINE) from = 1;
    }
    for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      this.#partial.push(bytes.subarray(from, at));
      this.#flush();
      from = at + 1;
    }
    if (from < bytes.length) this.#partial.push(bytes.subarray(from));
  }

  /** A newline comes next, as data or as the start of a frame. */
  newlineAhead(): void {
    if (this.#partial.length === 0) return;
    this.#flush();
    this.#told = true;
  }

  end(): void {
    if (this.#partial.length > 0) this.#flush();
  }

  #flush(): void {
    const [first] = this.#partial;
    const line = this.#partial.length === 1 && first ? first : Buffer.concat(this.#partial);
    this.#partial = [];
    this.#tell(line.toString('utf8'));
  }
}

/** No line of a kernel is longer; a folded stack may come near it. */
const LONGEST_LINE = 16_384;

/** Cuts a stream of text into lines. A line that is too long is cut, and its rest is thrown away, so that memory stays bounded. */
export class LineSplitter {
  readonly #line: (line: string) => void;
  #rest = '';
  #cut = false;

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  push(chunk: string): void {
    let from = 0;
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
      if (this.#rest === '' && !this.#cut) this.#line(short(chunk, from, at));
      else this.#finish(short(chunk, from, at));
      from = at + 1;
    }
    if (this.#cut || from === chunk.length) return;
    this.#rest = (this.#rest + short(chunk, from, chunk.length)).slice(0, LONGEST_LINE);
    this.#cut = this.#rest.length === LONGEST_LINE;
  }

  end(): void {
    if (this.#rest !== '') this.#finish('');
  }

  #finish(tail: string): void {
    const line = this.#cut ? this.#rest : this.#rest + tail;
    this.#rest = '';
    this.#cut = false;
    this.#line(line.slice(0, LONGEST_LINE));
  }
}

function short(text: string, from: number, to: number): string {
  return text.slice(from, Math.min(to, from + LONGEST_LINE));
}

/** The framed output of the probe: section name -> bytes. */
export type Sections = ReadonlyMap<string, Buffer>;

/** A section that the guest never opened is empty. */
export function textOf(sections: Sections, name: string): string {
  return sections.get(name)?.toString('utf8') ?? '';
}

/** A section as lines without their ends. */
export function linesOf(sections: Sections, name: string): string[] {
  const text = textOf(sections, name);
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Lines of `name value`; the first of a name wins, repeated names are kept in `all`. */
export class NamedLines {
  readonly #first = new Map<string, string>();
  readonly #all: readonly (readonly [string, string])[];

  constructor(lines: readonly string[]) {
    this.#all = lines.map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1).trim()];
    });
    for (const [name, value] of this.#all) if (!this.#first.has(name)) this.#first.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#first.get(name);
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }

  all(name: string): string[] {
    return this.#all.filter(([key]) => key === name).map(([, value]) => value);
  }
}

import type { Place } from '../errors.ts';
import type { Places } from '../yaml/place.ts';

/** Where something is written. The line and the excerpt are worked out only when somebody asks. */
export interface Mark {
  readonly file: string;
  readonly line: number | undefined;
  place(): Place;
}

/** A span of a text. An inventory has tens of thousands of them. */
class TextMark implements Mark {
  readonly #places: Places;
  readonly #start: number;
  readonly #end: number;

  constructor(places: Places, start: number, end: number) {
    this.#places = places;
    this.#start = start;
    this.#end = end;
  }

  get file(): string {
    return this.#places.file;
  }

  get line(): number {
    return this.#places.at(this.#start).line;
  }

  place(): Place {
    return this.#places.place(this.#start, this.#end);
  }
}

export function textMark(places: Places, start: number, end = start + 1): Mark {
  return new TextMark(places, start, end);
}

/** A file whose lines say nothing to a person, such as what a program printed. */
export function fileMark(file: string): Mark {
  return { file, line: undefined, place: () => ({ file }) };
}

/** `hosts.ini:12`, for the second place of an error. */
export function spot({ file, line }: Mark): string {
  return line === undefined ? file : `${file}:${line}`;
}

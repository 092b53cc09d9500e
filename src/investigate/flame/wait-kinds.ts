import type { Wait } from '../wait.ts';
import { anyOf } from './patterns.ts';

/** One thing that tasks wait for, as catalogue/trace/wait-kinds.yaml has it. Patterns are names with `*` for any letters. */
export interface WaitKind {
  readonly name: string;
  readonly label: string;
  readonly colour: Colour;
  /** Compared with the innermost function that says something. */
  readonly at: readonly string[];
  /** Compared with all functions. */
  readonly within: readonly string[];
}

/** `#rrggbb`, for either scheme. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

export interface WaitKinds {
  /** The first that fits is the one; the last fits everything. */
  readonly kinds: readonly WaitKind[];
  /** Functions that any wait goes through. */
  readonly plumbing: readonly string[];
  /** Functions in which an interrupt begins. */
  readonly interrupts: readonly string[];
}

/** What a wait is for, and where. */
export interface Classified {
  /** Index into the kinds. */
  readonly kind: number;
  /** The innermost function that says something; empty where there is no stack. */
  readonly where: string;
}

/** Tells kinds of waits apart. A function is looked at once, however many stacks it is on. */
export class WaitClassifier {
  readonly kinds: readonly WaitKind[];
  readonly #plumbing: RegExp;
  readonly #at: readonly RegExp[];
  readonly #within: readonly RegExp[];
  readonly #known = new Map<string, { readonly plumbing: boolean; readonly at: number; readonly within: number }>();

  constructor({ kinds, plumbing }: WaitKinds) {
    this.kinds = kinds;
    this.#plumbing = anyOf(plumbing);
    this.#at = kinds.map(({ at }) => anyOf(at));
    this.#within = kinds.map(({ within }) => anyOf(within));
  }

  /** Of a wait that has no stack of its own, the waker's tells. */
  classify({ stack, waker }: Wait): Classified {
    const frames = stack.length > 0 ? stack : (waker?.stack ?? []);
    const where = frames.find((frame) => !this.#look(frame).plumbing) ?? frames[0] ?? '';
    let kind = where === '' ? Infinity : this.#look(where).at;
    for (const frame of frames) kind = Math.min(kind, this.#look(frame).within);
    return { kind: Math.min(kind, this.kinds.length - 1), where };
  }

  #look(name: string): { readonly plumbing: boolean; readonly at: number; readonly within: number } {
    let known = this.#known.get(name);
    if (known === undefined) {
      const first = (patterns: readonly RegExp[]): number => {
        const index = patterns.findIndex((pattern) => pattern.test(name));
        return index < 0 ? Infinity : index;
      };
      known = { plumbing: this.#plumbing.test(name), at: first(this.#at), within: first(this.#within) };
      this.#known.set(name, known);
    }
    return known;
  }
}

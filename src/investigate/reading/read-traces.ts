import type { Trace } from '../trace.ts';
import { TraceFold, type TraceGroup } from './fold-traces.ts';
import { LineSplitter } from './line-splitter.ts';
import { TraceReader } from './trace-reader.ts';

/** Every stack of a text, in its order. Meant for texts that fit into memory; a stream goes through StackStream. */
export function readTraces(lines: Iterable<string>): Trace[] {
  const traces: Trace[] = [];
  const reader = new TraceReader((trace) => traces.push(trace));
  for (const line of lines) reader.line(line);
  reader.end();
  return traces;
}

/** What a text had in it. */
export interface StacksRead {
  readonly groups: readonly TraceGroup[];
  readonly lines: number;
  /** Stacks, alike ones counted each. */
  readonly count: number;
  /** Of these, how many are in no group because there were too many different ones. */
  readonly dropped: number;
  /** `uname -r`, where the text tells it. */
  readonly release: string | null;
}

/** Reads stacks out of a text of any length, in pieces of any size, and folds those that are alike. */
export class StackStream {
  readonly #fold = new TraceFold();
  readonly #reader = new TraceReader((trace) => this.#fold.add(trace));
  readonly #lines = new LineSplitter((line) => this.#reader.line(line));

  push(chunk: string): void {
    this.#lines.push(chunk);
  }

  end(): StacksRead {
    this.#lines.end();
    this.#reader.end();
    const { groups, count, dropped } = this.#fold;
    return { groups, count, dropped, lines: this.#reader.lines, release: this.#reader.release };
  }
}

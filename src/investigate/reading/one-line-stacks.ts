import type { TraceTask } from '../trace.ts';
import { goesOn, readCallChain } from './call-chain.ts';
import { readFoldedLine } from './folded-line.ts';
import type { FrameLine } from './frame-line.ts';
import { detached } from './frame-table.ts';

interface OneLineStack {
  readonly kind: 'folded' | 'proc';
  readonly task: TraceTask | null;
  readonly frames: readonly FrameLine[];
  readonly weight: number;
}

const ARROW = /[-=]>|<[-=]|\u2190|\u2192/;
const LONGEST_CHAIN = 2000;

/** Reads stacks that are one line: folded ones, and call chains in prose, which may go on in the next line. */
export class OneLineStacks {
  #chain = '';

  line(text: string): OneLineStack | 'goes on' | null {
    const folded = readFoldedLine(text);
    if (folded !== null) return { kind: 'folded', ...folded };
    const joined = this.#chain === '' ? text : `${this.#chain} ${text}`;
    this.#chain = '';
    if (!ARROW.test(joined)) return null;
    if (joined.length < LONGEST_CHAIN && goesOn(joined)) {
      this.#chain = detached(joined);
      return 'goes on';
    }
    const frames = readCallChain(joined.slice(0, LONGEST_CHAIN));
    return frames === null ? null : { kind: 'proc', task: null, frames, weight: 1 };
  }
}

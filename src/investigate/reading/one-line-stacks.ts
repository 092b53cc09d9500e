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
    const collapsed = readCollapsed(text);
    if (collapsed !== null) return { kind: 'proc', task: null, frames: collapsed, weight: 1 };
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

const COLLAPSED =
  /(\? )?(?<![\w.])([A-Za-z_]\w*)(?:\.[\w.]{1,40})?\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}(?: \[([A-Za-z][\w-]*)\])?/g;
const LEAST_FRAMES = 3;

/** A stack whose line ends were lost, as chats and web pages do it: `[<0>] a+0x1/0x2 [<0>] b+0x3/0x4 [drm] ..`. */
function readCollapsed(text: string): readonly FrameLine[] | null {
  const first = text.indexOf('+0x');
  if (first < 0 || text.indexOf('+0x', first + 1) < 0) return null;
  const matches = [...text.matchAll(COLLAPSED)];
  const rest = text.replaceAll(COLLAPSED, '').replaceAll(/\[<[0-9a-f]*>\]|<\/?(?:TASK|IRQ|NMI)>|[\s,;|>]/g, '');
  // Prose that names some functions is no stack.
  if (matches.length < LEAST_FRAMES || rest.length > MOST_REST) return null;
  return matches.map(([, unsure, name = '', module = null]) => ({
    name,
    module,
    unsure: unsure !== undefined,
    shape: 'offset',
    number: null,
  }));
}

const MOST_REST = 40;

import type { OrderedPaths } from './ordered.ts';
import type { Side } from './path.ts';

/** A frame where it is drawn: `x` and `us` in microseconds of the root's width, `depth` from the root, which is 0. */
export interface FlameBox {
  readonly name: string;
  readonly side: Side;
  /** What most of its time was waited for. */
  readonly kind: number;
  readonly depth: number;
  readonly x: number;
  readonly us: number;
}

/** Rows that share a frame. */
interface Group {
  /** Number of the frame; -1 is the root, which stands for all paths and is a frame of none. */
  readonly frame: number;
  readonly from: number;
  readonly to: number;
  readonly us: number;
  readonly kind: number;
}

/** Deeper than any kernel stack with its waker; what a hostile program could make is cut here. */
const MAX_DEPTH = 1000;
const BISECTIONS = 24;

/**
 * Places all frames, parents before children, the heaviest on the left. Frames narrower than a share of the whole are left
 * out with all that is on them: nobody could see them.
 * @param least share of the root's width, 0 to 1
 */
export function layOut(paths: OrderedPaths, least: number): FlameBox[] {
  return place(paths, least, Infinity) ?? [];
}

/** The widest frames, as many as are asked for and none narrower than a share of the whole. */
export function layOutAtMost(paths: OrderedPaths, least: number, most: number): FlameBox[] {
  const all = place(paths, least, most);
  if (all !== null) return all;
  let [low, high] = [Math.max(least, 1e-12), 1];
  let best: FlameBox[] | null = null;
  for (let count = 0; count < BISECTIONS; count++) {
    const middle = Math.sqrt(low * high);
    const boxes = place(paths, middle, most);
    if (boxes === null) low = middle;
    else [high, best] = [middle, boxes];
  }
  return best ?? layOut(paths, 1);
}

/** Null: there are more frames than may be. */
function place(paths: OrderedPaths, least: number, most: number): FlameBox[] | null {
  const boxes: FlameBox[] = [];
  const floor = paths.us * least;
  const root = groupOf(paths, -1, 0, paths.rows.length);
  const open: { group: Group; depth: number; x: number }[] = [{ group: root, depth: 0, x: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { group, depth, x } = next;
    if (boxes.length >= most) return null;
    const { name, side } = paths.frames[group.frame] ?? { name: 'all', side: 'mark' as const };
    boxes.push({ name, side, kind: group.kind, depth, x, us: group.us });
    if (depth >= MAX_DEPTH) continue;
    const children = childrenOf(paths, group, depth).filter(({ us }) => us >= floor);
    children.sort((a, b) => b.us - a.us || a.frame - b.frame);
    let from = x + children.reduce((sum, child) => sum + child.us, 0);
    // Last in, first out: the leftmost is put there last.
    for (const child of children.toReversed()) {
      from -= child.us;
      open.push({ group: child, depth: depth + 1, x: from });
    }
  }
  return boxes;
}

/** What stands on a group: its rows by their next frame. */
function childrenOf(paths: OrderedPaths, { from, to }: Group, depth: number): Group[] {
  const children: Group[] = [];
  const frameAt = (row: number): number => paths.rows[row]?.frames[depth] ?? -1;
  for (let row = from; row < to;) {
    const frame = frameAt(row);
    let end = row + 1;
    while (end < to && frameAt(end) === frame) end += 1;
    // Rows that end here are the group's own time.
    if (frame >= 0) children.push(groupOf(paths, frame, row, end));
    row = end;
  }
  return children;
}

function groupOf({ rows }: OrderedPaths, frame: number, from: number, to: number): Group {
  const sums: number[] = [];
  let [us, kind] = [0, rows[from]?.kind ?? 0];
  for (let at = from; at < to; at++) {
    const row = rows[at];
    if (row === undefined) break;
    us += row.us;
    sums[row.kind] = (sums[row.kind] ?? 0) + row.us;
  }
  sums.forEach((sum, index) => {
    if (sum > (sums[kind] ?? 0)) kind = index;
  });
  return { frame, from, to, us, kind };
}

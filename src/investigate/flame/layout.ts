import type { Side } from './path.ts';
import type { FlameNode } from './tree.ts';

/** A frame where it is drawn: `x` and `us` in microseconds of the root's width, `depth` from the root, which is 0. */
export interface FlameBox {
  readonly name: string;
  readonly side: Side;
  readonly kind: number;
  readonly depth: number;
  readonly x: number;
  readonly us: number;
}

/** Deeper than any kernel stack with its waker; what a hostile name could make is cut here. */
const MAX_DEPTH = 1000;

/**
 * Places a tree, parents before children, the heaviest on the left. Frames narrower than a share of the whole are left out
 * with all that is on them: nobody could see them.
 * @param least share of the root's width, 0 to 1
 */
export function layOut(root: FlameNode, least: number): FlameBox[] {
  const boxes: FlameBox[] = [];
  const floor = root.us * least;
  const open: { node: FlameNode; depth: number; x: number }[] = [{ node: root, depth: 0, x: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth, x } = next;
    const { name, side, kind, us } = node;
    boxes.push({ name, side, kind, depth, x, us });
    if (depth >= MAX_DEPTH) continue;
    const children = [...node.children.values()].filter((child) => child.us >= floor && child.us > 0);
    children.sort((a, b) => b.us - a.us || (a.name < b.name ? -1 : 1));
    let from = x + children.reduce((sum, child) => sum + child.us, 0);
    // Last in, first out: the leftmost is put there last.
    for (const child of children.toReversed()) {
      from -= child.us;
      open.push({ node: child, depth: depth + 1, x: from });
    }
  }
  return boxes;
}

/** As many frames as can be told apart and as many as are asked for, the widest of all. */
export function layOutAtMost(root: FlameNode, least: number, most: number): FlameBox[] {
  const boxes = layOut(root, least);
  if (boxes.length <= most) return boxes;
  const widths = boxes.map(({ us }) => us).sort((a, b) => b - a);
  // Strictly wider than the first that has no room: of many that are as wide as each other, all go or none.
  const limit = widths[most] ?? 0;
  return layOut(root, Math.max(least, (limit * (1 + 1e-9)) / Math.max(root.us, 1)));
}

import type { FlamePath, Side } from './path.ts';

/** A function at one place of the graph, and all that was called from there. */
export interface FlameNode {
  readonly name: string;
  readonly side: Side;
  /** Microseconds of all paths that go through it. */
  us: number;
  /** What most of them waited for. */
  kind: number;
  readonly children: Map<string, FlameNode>;
  /** Microseconds by kind; null while there is one kind only. */
  kinds: Map<number, number> | null;
}

/** Merges paths from the root on. The root is no frame of any path: it stands for all of them. */
export function buildTree(paths: readonly FlamePath[]): FlameNode {
  const root = node('all', 'mark', -1);
  for (const { frames, us, kind } of paths) {
    if (!(us > 0)) continue;
    let at = root;
    add(at, us, kind);
    for (const { name, side } of frames) {
      const key = `${side} ${name}`;
      let child = at.children.get(key);
      if (child === undefined) {
        child = node(name, side, kind);
        at.children.set(key, child);
      }
      add(child, us, kind);
      at = child;
    }
  }
  return root;
}

function node(name: string, side: Side, kind: number): FlameNode {
  return { name, side, us: 0, kind, children: new Map(), kinds: null };
}

function add(to: FlameNode, us: number, kind: number): void {
  if (to.us === 0) to.kind = kind;
  if (to.kinds === null && to.kind !== kind) to.kinds = new Map([[to.kind, to.us]]);
  to.us += us;
  if (to.kinds === null) return;
  to.kinds.set(kind, (to.kinds.get(kind) ?? 0) + us);
  if ((to.kinds.get(kind) ?? 0) > (to.kinds.get(to.kind) ?? 0)) to.kind = kind;
}

import type { FlameFrame, FlamePath, Side } from './path.ts';

/** A path by the numbers of its frames. */
interface Row {
  readonly frames: readonly number[];
  readonly us: number;
  readonly kind: number;
}

/**
 * Paths in the order in which those that share a beginning stand together: what is on a frame is then a range of rows, and
 * no tree need be made of frames that nobody will see.
 */
export interface OrderedPaths {
  /** Every frame once, by number. */
  readonly frames: readonly FlameFrame[];
  readonly rows: readonly Row[];
  /** Microseconds of all. */
  readonly us: number;
}

/** Numbers the frames and sorts the paths; those without weight are left out. */
export function orderPaths(paths: readonly FlamePath[]): OrderedPaths {
  const sides = new Map<Side, Map<string, number>>();
  const frames: FlameFrame[] = [];
  const numberOf = (frame: FlameFrame): number => {
    const numbers = sides.get(frame.side) ?? new Map<string, number>();
    const known = numbers.get(frame.name);
    if (known !== undefined) return known;
    sides.set(frame.side, numbers.set(frame.name, frames.length));
    frames.push(frame);
    return frames.length - 1;
  };
  const rows = paths
    .filter(({ us }) => us > 0)
    .map((path) => ({ frames: path.frames.map(numberOf), us: path.us, kind: path.kind }))
    .sort((a, b) => compare(a.frames, b.frames));
  return { frames, rows, us: rows.reduce((sum, { us }) => sum + us, 0) };
}

/** Like words in a dictionary: a beginning stands before what it begins. */
function compare(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

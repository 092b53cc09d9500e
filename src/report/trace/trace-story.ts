import type { FlamePath } from '../../investigate/flame/path.ts';
import type { TopWait } from '../../investigate/flame/top.ts';
import type { WaitKind } from '../../investigate/flame/wait-kinds.ts';

/** A trace over all of its guests, as a page tells it. */
export interface TraceStory {
  readonly title: string;
  readonly subtitle: string;
  readonly paths: readonly FlamePath[];
  readonly kinds: readonly WaitKind[];
  readonly top: readonly TopWait[];
  /** What must be known of how far it goes. */
  readonly notes: readonly string[];
}

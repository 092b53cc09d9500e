import type { Source } from './analysis.ts';

/** What an analysis works with. */
export interface Work {
  readonly signal: AbortSignal;
  /** `$XDG_CACHE_HOME/provision` */
  readonly cache: string;
  /** Runs a step that may take a while, and says so. */
  step<T>(text: string, run: () => Promise<T>): Promise<T>;
  /** Writes down who said what. */
  source(source: Source): void;
}

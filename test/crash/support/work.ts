import type { Work } from '../../../src/crash/analysis/work.ts';

/** Work that nobody watches or stops. */
export function unwatched(cache: string): Work {
  return {
    signal: new AbortController().signal,
    cache,
    step: (_text, run) => run(),
    source: () => undefined,
  };
}

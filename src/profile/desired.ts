import type { DesiredWatch } from './watch.ts';

/** Where a resolved value came from, for `profiles show --origin` and for errors. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'profile'; readonly file: string; readonly line: number; readonly col: number }
  | { readonly kind: 'vars'; readonly scope: string; readonly file: string; readonly line?: number }
  | { readonly kind: 'set'; readonly text: string };

/** One sysctl the profile wants. Values are text: some keys hold 64-bit numbers, some hold lists. */
export interface DesiredSysctl {
  readonly key: string;
  readonly value: string;
  /** True when the setting can panic the guest: applied by the arm gate only, never at boot. */
  readonly armed: boolean;
  /** The profile path it follows from, e.g. `hung_task.panic`. */
  readonly path: string;
}

export type SymbolsPlace = 'guest' | 'controller' | 'none';

/** What a profile and its overrides mean for one guest. Plain data, durations in seconds. */
export interface DesiredState {
  readonly profile: string;
  readonly description: string;
  readonly match: { readonly drivers: readonly string[] };
  /** `crashkernel` is `auto` or the kernel's own syntax (`256M`, `1G,high`); `keep` is dumps kept, 0 = unlimited. */
  readonly kdump: { readonly crashkernel: string; readonly keep: number } | null;
  readonly crash: { readonly tools: readonly string[]; readonly symbols: SymbolsPlace } | null;
  readonly trace: { readonly tools: readonly string[]; readonly headers: boolean } | null;
  /** From `trace.watch`. */
  readonly watch: DesiredWatch | null;
  readonly arm: {
    readonly when: 'kdump-ready' | 'always';
    readonly after: number;
    readonly breaker: { readonly crashes: number; readonly within: number };
  };
  readonly sysctls: readonly DesiredSysctl[];
  /** Dotted profile path -> where its value was last set. */
  readonly origins: Readonly<Record<string, Origin>>;
}

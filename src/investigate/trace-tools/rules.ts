import type { Target, TraceMode } from './request.ts';

/** What a tool can do besides tracing everything. */
export type Ability = 'state' | 'min' | 'user-stacks';
/** What a guest must have for it. */
export type Need = 'btf' | 'headers' | 'tracefs';

export interface ModeRule {
  /** Names or paths; the first that is there. */
  readonly programs: readonly string[];
  /** Another package has a script of the same name. */
  readonly binary: boolean;
  readonly targets: readonly Exclude<Target['kind'], 'all'>[];
  readonly can: readonly Ability[];
}

/** One tool, as catalogue/trace/tools.yaml describes it. */
export interface ToolRule {
  readonly name: ToolName;
  /** Debian's package. */
  readonly package: string;
  /** The oldest that works; null: all do. */
  readonly version: string | null;
  readonly needs: readonly Need[];
  /** Seconds that it may take to begin. */
  readonly startup: number;
  readonly because: string;
  readonly modes: Readonly<Partial<Record<TraceMode, ModeRule>>>;
}

export const TOOLS = ['bpftrace', 'libbpf', 'bcc'] as const;
export type ToolName = (typeof TOOLS)[number];

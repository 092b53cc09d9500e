import type { FlagSpec } from './command-flags.ts';

/** Values of a command's flags, as commander has parsed them. */
export type Flags = Readonly<Record<string, unknown>>;

/** What a command is given; it answers with the exit code. */
export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Flags;
  /** Aborted at the first Ctrl-C. */
  readonly stopping: AbortSignal;
  /** Aborted at the second. */
  readonly leaving: AbortSignal;
  /** Set when a former run is gone on with. */
  readonly resumed?: Resumed;
}

/** The run that is gone on with, and its profile's files as they were. */
export interface Resumed {
  readonly id: string;
  readonly texts: Map<string, string>;
  /** Ids of all runs that go back to the same one. */
  readonly family: readonly string[];
}
export type Run = (invocation: Invocation) => Promise<number>;

/** One command of the help. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly args?: string;
  readonly flags?: readonly FlagSpec[];
  /** True for commands that talk to guests: they take the shared flags. */
  readonly guests?: true;
  readonly examples?: readonly string[];
  /** Left out of the help: for programs, not for people. */
  readonly hidden?: true;
  readonly load: () => Promise<Run>;
}

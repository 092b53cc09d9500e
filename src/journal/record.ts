import type { Event } from '../events.ts';

/** One event with the time at which it was written down: ISO 8601, UTC, milliseconds. */
export interface Stamped {
  readonly at: string;
  readonly event: Event;
}

/** The first line of a journal: what was asked for, before anything was done. */
export interface RunHead {
  /** `20261124-212200-a1b2c3`: sorts by time. */
  readonly id: string;
  /** `apply`, `rollback`, `crash-test`, .. */
  readonly command: string;
  readonly profile?: string;
  /** What followed `provision` on the command line. */
  readonly argv: readonly string[];
  /** `user@host` */
  readonly by: string;
  /** Of provision. */
  readonly version: string;
  readonly startedAt: string;
  readonly guests: readonly string[];
  /** The process that writes it, and when that one began (clock ticks since boot, from /proc/PID/stat). */
  readonly process?: { readonly pid: number; readonly began: string };
  /** The run whose left guests this one does. */
  readonly resumes?: string;
}

/** A run as its journal tells it. */
export interface RunRecord extends RunHead {
  readonly events: readonly Stamped[];
}

/** What a run was asked for, in full: `runs resume` asks for the same again. */
export interface RunRequest {
  readonly command: string;
  /** The profile of commands that take one. */
  readonly profile?: string;
  /** Command line flags by commander's names; those that only shape the output are left out. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Folder that relative paths begin in. */
  readonly cwd: string;
  /** Texts of the profile's own files as they were, by path. Shipped profiles belong to the version. */
  readonly profileFiles: Readonly<Record<string, string>>;
}

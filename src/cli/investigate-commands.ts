import type { CommandSpec } from './command-spec.ts';

/** The commands that read hangs, in the order of the help. */
export const INVESTIGATE_COMMANDS: readonly CommandSpec[] = [];

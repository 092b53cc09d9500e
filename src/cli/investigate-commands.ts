import type { CommandSpec } from './command-spec.ts';

/** The commands that read hangs, in the order of the help. */
export const INVESTIGATE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'explain',
    summary: 'what the stacks in a paste or log mean; connects to nothing',
    args: '[file]',
    flags: [
      ['--json', 'NDJSON events on stdout (docs/events.md)'],
      ['-q, --quiet', 'one line for each stack'],
      ['-v, --verbose', 'all stacks and matches in full, unsure frames too'],
      ['--no-color', 'plain text'],
    ],
    examples: [
      'sudo cat /proc/1458/stack | provision explain -',
      'dmesg | provision explain',
      'provision explain hang.txt --json',
    ],
    load: async () => (await import('./explain.ts')).run,
  },
];

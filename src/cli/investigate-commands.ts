import type { CommandSpec } from './command-spec.ts';

/** The commands that read hangs, in the order of the help. */
export const INVESTIGATE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'stacks',
    summary: 'who is blocked in the kernel, where, since when, and what it means',
    args: '[guest...]',
    guests: true,
    flags: [
      ['--process <name>', 'also the threads of this process (or of this name), whatever their state'],
      ['--watch', 'look again and again, and tell what changed'],
      ['--every <duration>', 'watch: time between two looks (default: 5s)'],
      ['--count <n>', 'watch: so many looks (default: until Ctrl-C)'],
      ['--sysrq', 'also have the kernel write its blocked tasks into its log (sysrq w; root)'],
      ['--sysrq-t', 'the same, and all tasks and workqueues (sysrq t; slow where the console is)'],
    ],
    examples: [
      'provision stacks vm1',
      'provision stacks --limit desktops --yes --process Xorg',
      'provision stacks vm1 --watch --every 2s',
      'provision stacks vm1 --json | jq \'select(.kind == "stacks.group")\'',
    ],
    load: async () => (await import('./stacks.ts')).run,
  },
  {
    name: 'doctor',
    summary: 'can this guest be debugged? One page, with the command that mends each thing',
    args: '<guest...>',
    guests: true,
    examples: ['provision doctor vm1', 'provision doctor vm1 --json'],
    load: async () => (await import('./doctor.ts')).run,
  },
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
  {
    name: 'evidence',
    summary: 'what hangs that recovered left on guests: list it, fetch it, explain it',
    args: '<list|fetch|explain> [arg...]',
    guests: true,
    flags: [
      ['--latest', 'fetch, explain: the newest piece (default)'],
      ['--all', 'fetch, explain: all of them'],
      ['--entry <name>', 'fetch, explain: this one, by its name or number: 17', 'many'],
      ['--to <dir>', 'fetch: where to (default: ./evidence)'],
    ],
    examples: [
      'provision apply trace-stalls vm1        # has a guest watched (docs/watch.md)',
      'provision evidence list',
      'provision evidence explain vm1',
      'provision evidence fetch vm1 --all && provision evidence explain evidence/vm1',
    ],
    load: async () => (await import('./evidence.ts')).run,
  },
];

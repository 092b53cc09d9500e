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
  {
    name: 'trace',
    summary: 'where tasks lose their time: off the CPU, by who wakes them, or both; as flame graphs',
    args: '<offcpu|wakeup|offwake> [guest...]',
    guests: true,
    flags: [
      ['--process <name>', "only processes that the kernel calls exactly this (ps's comm)"],
      ['--pid <n>', 'only this process'],
      ['--tid <n>', 'only this thread'],
      ['--cgroup <path>', 'only what is in this cgroup: system.slice/ssh.service'],
      ['--state <letters>', 'only tasks that left in this state: D, or S,D (default: all but idle kernel threads)'],
      ['--duration <duration>', 'how long (default: 10s, at most 1h); Ctrl-C ends it early and keeps the result'],
      ['--min <duration>', 'leave out shorter waits: 5ms'],
      ['--user-stacks', "also the program's own functions"],
      ['--tool <name>', 'bpftrace, libbpf or bcc, whatever the guest would do best with'],
      ['--top <n>', 'places in the table (default: 10)'],
      ['--to <dir>', 'where the files go (default: ./traces/<time>)'],
      ['--html <file>', 'only this: the flame graph, one page that needs nothing else'],
      ['--svg <file>', 'only this: the graph as a picture'],
      ['--folded <file>', 'only this: folded stacks'],
      ['--speedscope <file>', 'only this: for https://www.speedscope.app'],
    ],
    examples: [
      'provision trace offcpu vm1 --process Xorg --state D --duration 30s',
      'provision trace offwake vm1 --pid 1458 --min 10ms --html xorg.html',
      'provision trace wakeup desktops --cgroup system.slice/ssh.service --yes',
    ],
    load: async () => (await import('./trace.ts')).run,
  },
];

import { Command, CommanderError, Option } from 'commander';

import {
  CONNECTION_FLAGS,
  ENGINE_FLAGS,
  INVENTORY_FLAGS,
  JOURNAL_FLAGS,
  PROFILE_FLAGS,
  REBOOT_FLAGS,
  ROLLOUT_FLAGS,
  type FlagSpec,
} from './command-flags.ts';
import type { CommandSpec } from './command-spec.ts';
import { INVESTIGATE_COMMANDS } from './investigate-commands.ts';
import { MORE_COMMANDS } from './more-commands.ts';
import { VERSION } from './version.ts';

export type { Flags, Invocation, Resumed, Run } from './command-spec.ts';

/** Every command, in the order of the help. Adding one is a file and an entry. */
const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'init',
    summary: 'write an inventory and a profile, guided',
    load: async () => (await import('./init-command.ts')).run,
  },
  {
    name: 'profiles',
    summary: 'list, show, lint profiles, or print their JSON Schema',
    args: '<list|show|lint|schema> [profile...]',
    flags: [...PROFILE_FLAGS.slice(0, 2), ['--origin', 'say where every value comes from'], ['--json', 'as JSON']],
    examples: ['provision profiles show debug-panic --origin', 'provision profiles lint ./mine.yaml'],
    load: async () => (await import('./profiles.ts')).run,
  },
  {
    name: 'inventory',
    summary: 'list the guests with their settings, or show the groups; connects to nothing',
    args: '<list|graph> [pattern...]',
    flags: [
      ...INVENTORY_FLAGS,
      ['-F, --ssh-config <file>', 'read this ssh_config and no other'],
      ['--json', 'as JSON'],
      ['-q, --quiet', 'no notes'],
      ['--no-color', 'plain text'],
    ],
    examples: ["provision inventory list -i hosts.ini 'web:!web[0]'", 'provision inventory graph -i hosts.ini'],
    load: async () => (await import('./inventory.ts')).run,
  },
  {
    name: 'facts',
    summary: 'what the guests look like',
    args: '[guest...]',
    guests: true,
    load: async () => (await import('./facts.ts')).run,
  },
  {
    name: 'plan',
    summary: 'what apply would do; --out saves it for apply --plan',
    args: '<profile> [guest...]',
    guests: true,
    flags: [
      ...PROFILE_FLAGS,
      ['--out <file>', 'write the plan as JSON'],
      ['--detailed-exitcode', 'exit 3 when something would change'],
    ],
    examples: ['provision plan debug-panic vm1 --out plan.json'],
    load: async () => (await import('./plan.ts')).run,
  },
  {
    name: 'apply',
    summary: 'bring guests to what the profile says',
    args: '[profile] [guest...]',
    guests: true,
    flags: [
      ...PROFILE_FLAGS,
      ['--dry-run', 'show the whole plan and change nothing'],
      ['--detailed-exitcode', 'with --dry-run: exit 3 when something would change'],
      ['--plan <file>', 'carry out a saved plan exactly, or refuse it when the guest has changed'],
      ...REBOOT_FLAGS,
      ...ROLLOUT_FLAGS,
      ...ENGINE_FLAGS,
    ],
    examples: [
      'provision apply debug-panic vm1 vm2 --dry-run',
      'provision apply debug-panic vm1 --reboot',
      'provision apply debug-panic --limit desktops --yes',
      'provision apply debug-panic --yes --canary 1 --batch 10,50% --max-failures 5% --pause 30s --gate',
      'provision apply --plan plan.json',
      'provision apply debug-panic --yes --canary 5 --engine redis://queue.example.net',
    ],
    load: async () => (await import('./apply.ts')).run,
  },
  {
    name: 'rollout',
    summary: 'who would go when in an apply with these flags; connects to nothing',
    args: '<plan> <profile> [guest...]',
    flags: [
      ...INVENTORY_FLAGS,
      ['-F, --ssh-config <file>', 'read this ssh_config and no other'],
      ...PROFILE_FLAGS.slice(0, 2),
      ...ROLLOUT_FLAGS,
      ['--forks <n>', 'guests at a time (default: 50)'],
      ['--json', 'as JSON'],
      ['-q, --quiet', 'no notes'],
      ['--no-color', 'plain text'],
    ],
    examples: [
      'provision rollout plan debug-panic --canary 1 --batch 1,5,25%,100%',
      'provision rollout plan debug-panic --serial-by hypervisor --max-failures 2 --json',
    ],
    load: async () => (await import('./rollout.ts')).run,
  },
  {
    name: 'verify',
    summary: 'differences between the profile and the guests; exit 3 when there are some',
    args: '<profile> [guest...]',
    guests: true,
    flags: PROFILE_FLAGS,
    load: async () => (await import('./verify.ts')).run,
  },
  {
    name: 'arm',
    summary: 'let the gate make the panic settings live',
    args: '[guest...]',
    guests: true,
    flags: [...ROLLOUT_FLAGS, ...ENGINE_FLAGS],
    load: async () => (await import('./take-back.ts')).arm,
  },
  {
    name: 'disarm',
    summary: 'take the panic settings out, uninstall nothing',
    args: '[guest...]',
    guests: true,
    flags: [...ROLLOUT_FLAGS, ...ENGINE_FLAGS],
    load: async () => (await import('./take-back.ts')).disarm,
  },
  {
    name: 'rollback',
    summary: 'take everything back: files, live values, with --purge packages',
    args: '[guest...]',
    guests: true,
    flags: [
      ['--purge', 'remove the packages that an apply installed'],
      ['--dry-run', 'show what would be taken back'],
      ...REBOOT_FLAGS,
      ...ROLLOUT_FLAGS,
      ...ENGINE_FLAGS,
    ],
    load: async () => (await import('./take-back.ts')).rollback,
  },
  {
    name: 'crash-test',
    summary: 'crash guests on purpose, once each, and prove that the crash is captured',
    args: '<guest...>',
    guests: true,
    flags: [
      ['--hang', 'crash through a blocked task and hung_task_panic instead of sysrq-c'],
      ['--budget <duration>', 'for the capture and the boot after it (default: 10m)'],
      ['--yes-crash-it-now', 'no question: the guests are crashed at once'],
      ...JOURNAL_FLAGS,
    ],
    examples: ['provision crash-test vm1', 'provision crash-test vm1 vm2 --hang --yes-crash-it-now'],
    load: async () => (await import('./crash-test.ts')).run,
  },
  {
    name: 'dumps',
    summary: 'the crash dumps of guests: list them, fetch them, read them',
    args: '<list|fetch|analyze> [arg...]',
    guests: true,
    flags: [
      ['--deep', 'list: decompress compressed dumps on the guest to check them'],
      ['--latest', 'fetch: the newest that can be read (default)'],
      ['--all', 'fetch: all that can be read'],
      ['--dump <name>', 'fetch: this one: 202611241200', 'many'],
      ['--invalid', 'fetch: also what cannot be read'],
      ['--to <dir>', 'fetch, analyze: where fetched dumps are (default: ./dumps)'],
      ['--limit-rate <rate>', 'fetch: bytes a second over all guests: 5M'],
      ['--keep-flattened', 'fetch: keep the file as makedumpfile wrote it, too'],
      ['--delete', "fetch: delete the guest's copy once ours is proven"],
      ['--vmlinux <file>', 'analyze: the kernel with its symbols, or a folder to look through'],
      ['--download', 'analyze: get the debug package without asking (about 860 MB)'],
      ['--no-symbols', 'analyze: read the kernel log only'],
      ['--html <file>', 'analyze: write a report'],
    ],
    examples: [
      'provision dumps list',
      'provision dumps fetch vm1 --to /srv/dumps --limit-rate 5M',
      'provision dumps analyze dumps/vm1/202611241724 --html report.html',
    ],
    load: async () => (await import('./dumps.ts')).run,
  },
  {
    name: 'runs',
    summary: 'what former runs did, and going on with one that did not come to its end',
    args: '<list|show|resume|report|attach> [id]',
    guests: true,
    flags: [
      ...JOURNAL_FLAGS,
      ...ENGINE_FLAGS,
      ['--follow', 'attach: only show the run, also when nobody controls it'],
      ['--yes-crash-it-now', 'resume: of a crash-test, no question'],
      ['--html <file>', 'report: one HTML file that needs nothing else; - is stdout (docs/report.md)'],
      ['--junit <file>', 'report: JUnit XML, each guest a test case; - is stdout'],
    ],
    examples: [
      'provision runs list',
      'provision runs resume',
      'provision runs attach --engine redis://queue.example.net',
      'provision runs report 20261124-212200-a1b2c3 --html run.html --junit run.xml',
    ],
    load: async () => (await import('./runs.ts')).run,
  },
];

/** With those of the tables of their own. */
export const ALL_COMMANDS: readonly CommandSpec[] = [...COMMANDS, ...INVESTIGATE_COMMANDS, ...MORE_COMMANDS];

const EXIT_CODES = `
Exit codes: 0 converged, 1 a guest failed, 2 usage, profile or inventory error, 3 differences found,
4 guests unreachable, 5 a reboot is pending, 130 interrupted.

Examples:
  provision apply debug-panic root@192.0.2.11 --dry-run
  provision apply debug-panic -i inventory.yaml --limit desktops
  provision verify debug-panic vm1 || echo drifted
`;

/** The command line as commander sees it. Importing this loads commander and nothing else. */
export function buildProgram(
  stopping: AbortSignal,
  leaving: AbortSignal = new AbortController().signal,
): { run(argv: readonly string[]): Promise<number> } {
  let exitCode = 0;
  const program = new Command('provision')
    .description('Turn guests that hang in silence into machines that explain themselves.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(provision --help, provision COMMAND --help)')
    .addHelpText('after', EXIT_CODES);
  for (const spec of ALL_COMMANDS) {
    const command = program
      .command(spec.name, { hidden: spec.hidden === true })
      .summary(spec.summary)
      .description(`${capital(spec.summary)}.`);
    if (spec.args !== undefined) command.arguments(spec.args);
    for (const flag of [...(spec.flags ?? []), ...(spec.guests ? CONNECTION_FLAGS : [])]) addFlag(command, flag);
    if (spec.examples)
      command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}\n`);
    command.action(async () => {
      const run = await spec.load();
      exitCode = await run({ args: command.args, flags: command.opts(), stopping, leaving });
    });
  }
  return {
    run: async (argv) => {
      try {
        await program.parseAsync(argv, { from: 'user' });
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        // commander has printed what it has to say.
        return error.exitCode === 0 || error.code === 'commander.helpDisplayed' ? 0 : 2;
      }
      return exitCode;
    },
  };
}

function addFlag(command: Command, [flags, description, extra]: FlagSpec): void {
  const option = new Option(flags, description);
  if (extra === 'many') option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  command.addOption(option);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

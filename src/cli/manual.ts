import { CONNECTION_FLAGS, type FlagSpec } from './command-flags.ts';
import type { CommandSpec } from './command-spec.ts';
import { ALL_COMMANDS } from './program.ts';
import { VERSION } from './version.ts';

/** Of the last change to how the program is called, as man(7) wants one. */
const DATE = '2026-11-27';

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'Converged; of a dry-run: the plan was shown.'],
  ['1', 'A guest failed, or its plan was refused, or the rollout was stopped.'],
  ['2', 'The command line, a profile, an inventory or a saved plan is wrong; nothing was touched.'],
  ['3', 'Differences were found.'],
  ['4', 'Some guests could not be reached, and none failed.'],
  ['5', 'Done, and a reboot is pending.'],
  ['70', 'A defect of provision.'],
  ['130', 'Interrupted.'],
];

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['PROVISION_INVENTORY', 'The inventory, where no --inventory names one.'],
  ['PROVISION_RUNS', 'The folder in which runs are written down.'],
  ['PROVISION_PASSWORD', 'The SSH password for --ask-pass, where there is no terminal.'],
  ['PROVISION_BECOME_PASSWORD', 'The sudo password for --ask-become-pass, where there is no terminal.'],
  ['NO_COLOR', 'Plain text, as --no-color.'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['./inventory.yaml', 'The inventory, where nothing names another.'],
  ['.provision/runs', 'What runs did, for provision runs.'],
  ['/var/lib/provision/state.json', 'On a guest: what was there before.'],
  ['/run/provision/arm', 'On a guest: what the arm gate has decided.'],
];

/** man/provision.1: the same table as the help, as man(7). */
export function manualText(): string {
  const commands = ALL_COMMANDS.filter(({ hidden }) => hidden !== true);
  return [
    `.TH PROVISION 1 ${DATE} "provision ${VERSION}" "User Commands"`,
    '.SH NAME',
    'provision \\- turn guests that hang into machines that explain themselves',
    '.SH SYNOPSIS',
    '.B provision',
    '.I COMMAND',
    '.RI [ ARGUMENT ...]',
    '.RI [ FLAG ...]',
    '.SH DESCRIPTION',
    ...plain(
      'Brings fleets of virtio_gpu guests to what a profile says (kdump, panic settings, tracing tools) over SSH, proves that a crash is captured, fetches dumps and reads them.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH FLAGS OF COMMANDS THAT TALK TO GUESTS',
    ...flagLines(CONNECTION_FLAGS),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, text]) => entry(code, text)),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, text]) => entry(name, text)),
    '.SH FILES',
    ...FILES.flatMap(([name, text]) => entry(name, text)),
    '.SH EXAMPLES',
    ...commands
      .flatMap(({ examples = [] }) => examples)
      .flatMap((line, index) => [...(index === 0 ? [] : ['.PP']), '.nf', escaped(line), '.fi']),
    '.SH SEE ALSO',
    '.BR ssh (1),',
    '.BR crash (8),',
    '.BR makedumpfile (8)',
    '',
  ].join('\n');
}

function commandLines({ name, args, summary, flags = [], guests }: CommandSpec): string[] {
  const call = [name, args ?? ''].join(' ').trim();
  const more = guests === true ? ' Takes the flags of commands that talk to guests, too.' : '';
  return [`.SS "${escaped(call)}"`, ...plain(`${capital(summary)}.${more}`), ...flagLines(flags)];
}

function flagLines(flags: readonly FlagSpec[]): string[] {
  return flags
    .filter(([, , extra]) => extra !== 'hidden')
    .flatMap(([names, text]) => entry(names, `${capital(text)}.`));
}

function entry(name: string, text: string): string[] {
  return ['.TP', `.B ${escaped(name)}`, ...plain(text)];
}

const WIDTH = 79;

/** A new line for every sentence, as man pages are written, and none that is too long to read. */
function plain(text: string): string[] {
  return text.split(/(?<=[.;:]) (?=[A-Z])/).flatMap((sentence) => {
    const lines: string[] = [];
    for (const word of sentence.split(' ')) {
      const longer = lines.length === 0 ? word : `${lines.at(-1) ?? ''} ${word}`;
      if (lines.length > 0 && escaped(longer).length <= WIDTH) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.map(escaped);
  });
}

/** No character of a text may be taken for roff's. */
function escaped(text: string): string {
  const safe = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq').replaceAll('`', '\\(ga');
  return /^[.']/.test(safe) ? `\\&${safe}` : safe;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

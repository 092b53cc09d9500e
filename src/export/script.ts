import { convergeLibrary, procPath } from '../plan/script.ts';
import type { GuestTemplates } from '../plan/guest-template.ts';
import { COMPUTED } from '../plan/crashkernel.ts';
import { command, quote } from '../shell.ts';
import { RESERVATION, type EndState, type ExportedFile, type Setting } from './end-state.ts';
import { KERNEL } from './fresh-guest.ts';
import { asComment, headerLines } from './header.ts';
import { calledFunctions } from './shell-functions.ts';
import { exportTemplate, type ExportTemplates } from './templates.ts';

/** What the renderers of all formats are made from. */
export interface ExportTexts {
  readonly guest: GuestTemplates;
  readonly export: ExportTemplates;
  /** Of this program; it stands in the header. */
  readonly version: string;
}

const USAGE = [
  '',
  'Usage: sh FILE           make it so; a second time changes nothing',
  '       sh FILE --check   say what would change and touch nothing; exit 3 when something would',
  'Exit codes: 0 as desired, 1 something failed, 2 not for this guest, 3 --check found differences.',
];

/**
 * One POSIX script for root. Its functions are those of a converge; the lines at its end say the end state. All of it is one
 * function, called on the last line, so that a script that was cut off on its way does nothing.
 */
export function exportScript(state: EndState, texts: ExportTexts): string {
  const own = [
    exportTemplate(texts.export, 'script.sh'),
    exportTemplate(texts.export, 'script-system.sh'),
    ...(state.crashkernel === null ? [] : [exportTemplate(texts.export, 'reservation.sh')]),
    ...(isComputed(state) ? [exportTemplate(texts.export, 'crashkernel.sh')] : []),
  ].join('\n');
  const body = bodyLines(state).join('\n');
  return [
    '#!/bin/sh',
    asComment([...headerLines(state, texts.export, texts.version), ...USAGE]),
    'main() {',
    'check=',
    'case ${1-} in \'\') ;; --check) check=yes ;; *) echo "usage: sh FILE [--check]" >&2; exit 2 ;; esac',
    'exec </dev/null',
    '',
    calledFunctions(`${own}\n${body}`, convergeLibrary(texts.guest)),
    own,
    body,
    '}',
    'main "$@"',
    '',
  ].join('\n');
}

function isComputed({ crashkernel }: EndState): boolean {
  return crashkernel !== null && 'sizing' in crashkernel;
}

function bodyLines(state: EndState): string[] {
  const { distribution, arch, crashkernel, keys } = state;
  const { id, version } = distribution.match;
  return [
    command(['for_system', id.toLowerCase(), version, arch, distribution.name]),
    ...(state.drivers.length > 0 ? [command(['for_drivers', state.profile, ...state.drivers])] : []),
    ...(crashkernel === null ? [] : ['for_grub']),
    '[ -n "$check" ] || alone',
    ...reservationLines(crashkernel),
    ...state.answers.map((answer) => command(['want_answer', ...answer.split(' ')])),
    ...(state.packages.length > 0
      ? [`want_packages ${state.packages.map((name) => filled(name, KERNEL, 'kernel')).join(' ')}`]
      : []),
    ...(keys === null
      ? []
      : [command(['want_keys', keys.path, ...keys.keys.flatMap(({ key, value }) => [key, value])])]),
    ...state.files.map(fileLine),
    'reload_units',
    ...state.settings.map(({ key, value }) => command(['want_sysctl', procPath(key), value])),
    ...(crashkernel === null ? [] : ['want_crashkernel "$crashkernel"', 'want_capture']),
    ...(state.gate ? ['want_gate'] : []),
    'finish',
  ];
}

function reservationLines(crashkernel: EndState['crashkernel']): string[] {
  if (crashkernel === null) return [];
  if ('value' in crashkernel) return [`crashkernel=${quote(crashkernel.value)}`];
  const numbers = { COMPUTED, ...crashkernel.sizing };
  return [
    ...Object.entries(numbers).map(([name, value]) => `${name}=${quote(String(value))}`),
    'crashkernel=$(crashkernel_size)',
    '[ -n "$crashkernel" ] || fail E_CONVERGE "the size of the reservation could not be computed"',
  ];
}

function fileLine({ path, mode, text, settings }: ExportedFile): string {
  if (settings === null) return `${command(['want_file', path, mode])} ${filled(text, RESERVATION, 'crashkernel')}`;
  const words = settings.flatMap(({ key, value }: Setting) => [procPath(key), value]);
  return command(['want_settings', path, mode, text, ...words]);
}

/** A text as one shell word, with the value of a variable wherever the mark stands. */
function filled(text: string, mark: string, variable: string): string {
  return text.split(mark).map(quote).join(`"$${variable}"`);
}

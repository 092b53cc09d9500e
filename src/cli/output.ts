import { canBeDrawnOn, wantsColor as decideColor } from '../report/colors.ts';
import { createReporter, type Reporter } from '../report/reporter.ts';
import type { Flags } from './program.ts';

/** Colour is for terminals, unless somebody said otherwise (NO_COLOR, FORCE_COLOR, --no-color). */
export function wantsColor(flags: Flags, stream: { readonly isTTY?: boolean }): boolean {
  return decideColor({ env: process.env, flag: flags['color'] !== false, tty: stream.isTTY === true });
}

/** Says what is worth a line and no event: on stderr, unless `-q`. */
export function noteFor(flags: Flags): (text: string) => void {
  return (text) => {
    if (flags['quiet'] !== true) process.stderr.write(`note: ${text}\n`);
  };
}

export interface RunTitle {
  readonly command: string;
  readonly dryRun?: boolean;
  /** The command that the summary suggests. */
  readonly next?: string;
  /** The command that does a reboot which is pending. */
  readonly reboot?: string;
}

/** The reporter that the flags ask for, on this process's own streams. */
export function reporterFor(flags: Flags, title: RunTitle): Reporter {
  return createReporter({
    mode: flags['json'] === true ? 'ndjson' : 'terminal',
    stdout: process.stdout,
    stderr: process.stderr,
    color: wantsColor(flags, process.stdout),
    logColor: wantsColor(flags, process.stderr),
    tty: canBeDrawnOn({ env: process.env, tty: process.stderr.isTTY }),
    lines: true,
    verbosity: flags['quiet'] === true ? -1 : flags['verbose'] === true ? 1 : 0,
    ...title,
  });
}

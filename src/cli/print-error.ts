import { formatError } from '../report/error-text.ts';
import { exitCodeForError } from '../report/exit-code.ts';
import { wantsColor } from './output.ts';

/** Prints an error that ended the whole command; answers with the exit code. */
export function printError(error: unknown): number {
  const flags = { color: !process.argv.includes('--no-color') };
  process.stderr.write(formatError(error, { color: wantsColor(flags, process.stderr) }));
  return exitCodeForError(error);
}

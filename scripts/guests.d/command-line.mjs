import { Refusal } from './refusal.mjs';

/**
 * Runs the command that was typed; without one, or with one that is not there, says what there is. A refusal is one line.
 * @param {string} program for the refusal
 * @param {string} usage
 * @param {Record<string, (args: string[]) => unknown>} commands each may answer with an exit code
 */
export async function runCommandLine(program, usage, commands) {
  const [name, ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (command === undefined) {
    const asked = name === 'help' || name === '--help' || name === '-h';
    process[asked ? 'stdout' : 'stderr'].write(`${usage}\n`);
    process.exitCode = asked ? 0 : 2;
    return;
  }
  try {
    process.exitCode = (await command(rest)) ?? 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

import { ALL_COMMANDS, type Run } from '../program.ts';
import { candidateLines } from './names.ts';
import { placeOf } from './place.ts';

/** `provision __complete -- WORD..`: what the shells' scripts ask after every Tab. */
export const run: Run = async ({ args }) => {
  const commands = ALL_COMMANDS.filter(({ hidden }) => hidden !== true);
  const lines = await candidateLines(placeOf(args, commands));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
};

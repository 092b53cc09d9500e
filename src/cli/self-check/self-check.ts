import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { formatSelfCheck } from '../../report/self-check-page.ts';
import { textFlag } from '../flags.ts';
import { wantsColor } from '../output.ts';
import type { Run } from '../program.ts';
import { checkEngine } from './engine.ts';
import { checkMachine } from './machine.ts';
import { checkPrograms } from './tools.ts';

/** `provision self-check`: what this machine lacks, and the command that mends each. Exit 1 when something fails. */
export const run: Run = async ({ flags }) => {
  const dumps = resolve(textFlag(flags, 'to') ?? 'dumps');
  const machine = { home: homedir(), dumps, node: process.versions.node, env: process.env };
  const checked = [...checkMachine(machine), ...(await checkPrograms()), await checkEngine(process.env)];
  const color = wantsColor(flags, process.stdout);
  process.stdout.write(flags['json'] === true ? `${JSON.stringify(checked)}\n` : formatSelfCheck(checked, color));
  return checked.some(({ level }) => level === 'fail') ? 1 : 0;
};

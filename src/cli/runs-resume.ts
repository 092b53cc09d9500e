import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { ProvisionError } from '../errors.ts';
import { familyOf, leftOf } from '../journal/left.ts';
import { isAlive } from '../journal/process.ts';
import { newestRun, readRequest, readRun } from '../journal/read.ts';
import type { RunRecord } from '../journal/record.ts';
import { count } from '../report/quantities.ts';
import { runsFolder } from './journal.ts';
import type { Run } from './program.ts';
import { knownRuns } from './runs-known.ts';
import { VERSION } from './version.ts';

const COMMANDS: Readonly<Record<string, () => Promise<Run>>> = {
  apply: async () => (await import('./apply.ts')).run,
  rollback: async () => (await import('./take-back.ts')).rollback,
  arm: async () => (await import('./take-back.ts')).arm,
  disarm: async () => (await import('./take-back.ts')).disarm,
  'crash-test': async () => (await import('./crash-test.ts')).run,
};

/**
 * `provision runs resume [ID]`: asks for the same again, on the guests that are left: those that failed, could not be
 * reached, were not begun, or whose end nobody wrote down. What was said on this command line goes before what was said then.
 */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  const folder = resolve(runsFolder(flags));
  const [id = newestRun(folder), ...more] = args;
  if (more.length > 0)
    throw new ProvisionError('E_USAGE', 'runs resume takes one run; its guests are those that are left');
  const family = familyOf(withRun(knownRuns(folder), folder, id), id);
  const running = family.find(({ process: writer }) => isAlive(writer));
  if (running !== undefined) {
    throw new ProvisionError('E_USAGE', `run ${running.id} still runs, as process ${running.process?.pid ?? ''}`, {
      hint: 'wait for it, or end it with Ctrl-C',
    });
  }
  const left = leftOf(family);
  const first = family[0];
  if (first === undefined || left.length === 0) {
    process.stdout.write(`Nothing is left of run ${id}.\n`);
    return 0;
  }
  const request = readRequest(folder, first.id);
  const load = Object.hasOwn(COMMANDS, request.command) ? COMMANDS[request.command] : undefined;
  if (load === undefined) throw new ProvisionError('E_USAGE', `a run of ${request.command} cannot be resumed`);
  const say = (text: string): void => {
    if (flags['quiet'] !== true) process.stderr.write(`${text}\n`);
  };
  say(`run ${first.id}: ${count(left.length, 'guest')} of ${first.guests.length} left`);
  if (first.version !== VERSION) say(`note: it was begun by provision ${first.version}, and this is ${VERSION}`);
  if (request.flags['engine'] !== undefined && !isOver(family))
    say(
      `note: it goes through a queue, which may still be at it; to go on with it there: provision runs attach ${first.id}`,
    );
  process.chdir(request.cwd);
  const texts = new Map(Object.entries(request.profileFiles));
  for (const [path, text] of texts)
    if (textNow(path) !== text) say(`note: ${path} has changed since; this run goes on with the text it had then`);
  const saved = request.flags['plan'] !== undefined || request.profile === undefined;
  const typed = { ...flags, runsDir: folder };
  return (await load())({
    ...invocation,
    args: saved ? left : [request.profile ?? '', ...left],
    flags: { ...request.flags, ...typed },
    resumed: { id, texts, family: family.map((record) => record.id) },
  });
};

function isOver(family: readonly RunRecord[]): boolean {
  return family.at(-1)?.events.some(({ event }) => event.kind === 'run.finished') === true;
}

/** The run that is named must be there, readable or not: its own error tells why it is not. */
function withRun(all: ReturnType<typeof knownRuns>, folder: string, id: string): ReturnType<typeof knownRuns> {
  if (!all.some((record) => record.id === id)) readRun(folder, id);
  return all;
}

function textNow(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

import { redactEngineUrl } from '../engine/redis/address.ts';
import type { Guest } from '../inventory/guest.ts';
import { Journal } from '../journal/journal.ts';
import { beganAt } from '../journal/process.ts';
import { VERSION } from './version.ts';
import { shownArgv } from './engine-flags.ts';
import { textFlag } from './flags.ts';
import { operator } from './operator.ts';
import type { Flags, Invocation } from './program.ts';

/** What a command knows of its request beyond its flags. */
export interface Journaled {
  readonly profile?: string;
  readonly texts?: ReadonlyMap<string, string>;
}

/** Flags that shape what is shown, or answer a question: the one who resumes a run says them anew. */
const NOT_KEPT = ['json', 'quiet', 'verbose', 'color', 'limit', 'yes', 'yesCrashItNow', 'runsDir', 'journal'];

/** The folder with the runs. */
export function runsFolder(flags: Flags): string {
  const variable = process.env['PROVISION_RUNS'];
  const fallback = variable === undefined || variable === '' ? join('.provision', 'runs') : variable;
  return textFlag(flags, 'runsDir') ?? fallback;
}

/** `20261124-212200-07b3c2`: sorts by time, and runs of one second by their beginning, too. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  // The last run is the one to show and to resume.
  const millis = now.getMilliseconds().toString(16).padStart(3, '0');
  return `${stamp}-${millis}${randomBytes(2).toString('hex').slice(1)}`;
}

/** What is written down of a run: the command, who is in it, and its id when it has one already. */
export interface JournaledRun {
  readonly command: string;
  readonly guests: readonly Pick<Guest, 'name'>[];
  readonly profile?: string;
  readonly id?: string;
}

/**
 * Begins to write a run down; null with --no-journal.
 * @throws ProvisionError E_JOURNAL
 */
export function beginJournal(
  { command, guests, profile: name, id }: JournaledRun,
  { profile, texts = new Map() }: Journaled,
  { flags, resumed }: Invocation,
): Journal | null {
  if (flags['journal'] === false) return null;
  const now = new Date();
  const head = {
    id: id ?? newRunId(now),
    command,
    ...(name === undefined ? {} : { profile: name }),
    argv: shownArgv(process.argv.slice(2)),
    by: operator(),
    version: VERSION,
    startedAt: now.toISOString(),
    guests: guests.map((guest) => guest.name),
    process: { pid: process.pid, began: beganAt(process.pid) },
    ...(resumed === undefined ? {} : { resumes: resumed.id }),
  };
  const request = {
    command,
    ...(profile === undefined ? {} : { profile }),
    flags: keptFlags(flags),
    cwd: resolve('.'),
    profileFiles: Object.fromEntries(texts),
  };
  return Journal.begin(runsFolder(flags), head, request, (text) => process.stderr.write(`note: ${text}\n`));
}

function keptFlags(flags: Flags): Flags {
  const kept = Object.entries(flags).filter(([flag]) => !NOT_KEPT.includes(flag));
  return Object.fromEntries(
    kept.map(([flag, value]) => [flag, flag === 'engine' ? redactEngineUrl(String(value)) : value]),
  );
}

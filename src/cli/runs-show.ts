import { newestRun, readRun } from '../journal/read.ts';
import { formatRun, runObject } from '../report/runs-table.ts';
import { runsFolder } from './journal.ts';
import type { Run } from './program.ts';
import { knownRuns, listed } from './runs-known.ts';

/** `provision runs show [ID]`: the last one if none is named. */
export const run: Run = ({ args, flags }) => {
  const folder = runsFolder(flags);
  const shown = listed(readRun(folder, args[0] ?? newestRun(folder)), knownRuns(folder));
  process.stdout.write(flags['json'] === true ? `${JSON.stringify(runObject(shown))}\n` : formatRun(shown));
  return Promise.resolve(0);
};

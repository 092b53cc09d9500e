import { formatRuns, runObject } from '../report/runs-table.ts';
import { runsFolder } from './journal.ts';
import type { Run } from './program.ts';
import { knownRuns, listed } from './runs-known.ts';

/** `provision runs list`: the newest last. */
export const run: Run = ({ flags }) => {
  const all = knownRuns(runsFolder(flags));
  const runs = all.map((record) => listed(record, all));
  process.stdout.write(
    flags['json'] === true ? `${JSON.stringify({ runs: runs.map(runObject) })}\n` : formatRuns(runs),
  );
  return Promise.resolve(0);
};

import { familyOf, leftOf } from '../journal/left.ts';
import { isAlive } from '../journal/process.ts';
import { readRun, runIds } from '../journal/read.ts';
import type { RunRecord } from '../journal/record.ts';
import type { ListedRun } from '../report/runs-table.ts';

/** All runs of a folder that can be read, the newest last. */
export function knownRuns(folder: string): RunRecord[] {
  return runIds(folder).flatMap((id) => {
    try {
      return [readRun(folder, id)];
    } catch {
      // A folder whose journal never got its first line; nothing was done by it.
      return [];
    }
  });
}

/** A run with what is left of it, whatever went on with it since. */
export function listed(record: RunRecord, all: readonly RunRecord[]): ListedRun {
  return { record, alive: isAlive(record.process), left: leftOf(familyOf(all, record.id)) };
}

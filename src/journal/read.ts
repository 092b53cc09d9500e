import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProvisionError } from '../errors.ts';
import type { RunRecord, Stamped } from './record.ts';

/**
 * A run as its journal has it; a torn last line is passed over.
 * @param directory the folder with the runs, `.provision/runs`
 * @throws ProvisionError E_USAGE when there is no such run
 */
export function readRun(directory: string, id: string): RunRecord {
  const file = join(directory, id, 'journal.jsonl');
  let text: string;
  try {
    if (!/^[\w-]+$/.test(id)) throw new Error('that is no id of a run');
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ProvisionError('E_USAGE', `there is no run ${id}: cannot read ${file}`, { where: { file }, cause });
  }
  const [first, ...events] = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
  if (first === undefined) throw new ProvisionError('E_USAGE', `the journal ${file} is empty`);
  return { ...(first as Omit<RunRecord, 'events'>), events: events as Stamped[] };
}

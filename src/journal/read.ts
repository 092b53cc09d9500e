import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ProvisionError } from '../errors.ts';
import type { RunHead, RunRecord, RunRequest, Stamped } from './record.ts';

export const JOURNAL = 'journal.jsonl';
export const REQUEST = 'request.json';
const ID = /^\d{8}-\d{6}-[0-9a-f]{6}$/;

/**
 * A run as its journal has it. What is no whole line is passed over: the last one of a process that was killed, or one
 * that a full disk cut off.
 * @param directory the folder with the runs
 * @throws ProvisionError E_USAGE when there is no such run
 */
export function readRun(directory: string, id: string): RunRecord {
  const file = join(directory, id, JOURNAL);
  const text = textOf(file, id);
  const [head, ...events] = text.split('\n').flatMap(parsed);
  if (!isHead(head)) throw new ProvisionError('E_USAGE', `the journal ${file} has no beginning`, { where: { file } });
  return { ...head, id, events: events.filter(isStamped) };
}

/** Ids of the runs in a folder, the newest last; none when there is no such folder. */
export function runIds(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => ID.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** The run that was begun last. @throws ProvisionError E_USAGE when there is none */
export function newestRun(directory: string): string {
  const newest = runIds(directory).at(-1);
  if (newest !== undefined) return newest;
  throw new ProvisionError('E_USAGE', `there are no runs in ${directory}`, {
    hint: 'an apply writes one, in the folder where it is started; --runs-dir names another',
  });
}

/** What a run was asked for. @throws ProvisionError E_USAGE when it is gone or broken */
export function readRequest(directory: string, id: string): RunRequest {
  const file = join(directory, id, REQUEST);
  const [request] = parsed(textOf(file, id));
  if (typeof request === 'object' && request !== null && 'command' in request && 'flags' in request)
    return request as RunRequest;
  throw new ProvisionError('E_USAGE', `${file} does not say what run ${id} was asked for`, { where: { file } });
}

function textOf(file: string, id: string): string {
  try {
    if (!ID.test(id)) throw new Error('that is no id of a run');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ProvisionError('E_USAGE', `there is no run ${id}: cannot read ${file}`, {
      hint: 'provision runs list shows those there are',
      where: { file },
      cause,
    });
  }
}

function parsed(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as unknown];
  } catch {
    return [];
  }
}

function isHead(value: unknown): value is RunHead {
  return typeof value === 'object' && value !== null && 'command' in value && 'guests' in value && 'startedAt' in value;
}

function isStamped(value: unknown): value is Stamped {
  return typeof value === 'object' && value !== null && 'at' in value && 'event' in value;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import { reasonOf } from '../../errno.ts';
import { ProvisionError } from '../../errors.ts';

/** sha256 of a file on this machine, read once from end to end. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Gives a finished file its name, so that it is there whole or not at all. */
export async function moveInto(from: string, to: string): Promise<void> {
  const handle = await open(from, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Makes renames in a folder outlive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What this machine's file system refused, as an error of one guest. */
export function localFailure(path: string, cause: unknown): ProvisionError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ProvisionError('E_DISK_FULL', `this machine's disk is full (${path})`, {
      hint: 'free some space, then run the command again: it goes on where it stopped',
      cause,
    });
  return new ProvisionError('E_LOCAL_FILE', `cannot write ${path}: ${reasonOf(cause)}`, {
    hint: 'check the place that --to names, and its permissions',
    cause,
  });
}

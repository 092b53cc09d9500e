import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProvisionError } from '../../errors.ts';

/**
 * Writes a file whole or not at all. Without `overwrite`, a file that turns up meanwhile is left alone.
 * @throws ProvisionError E_USAGE when it cannot be written
 */
export async function writeFileAtomic(path: string, text: string, overwrite: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(temporary, path);
    else await placeNew(temporary, path);
  } catch (cause) {
    throw new ProvisionError(
      'E_USAGE',
      `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'run provision init in a directory of yours',
        cause,
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

async function placeNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // File systems without hard links: exclusive still, atomic no longer.
    await copyFile(temporary, path, constants.COPYFILE_EXCL);
  }
}

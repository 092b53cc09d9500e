import { statfs } from 'node:fs/promises';

import { ProvisionError } from '../../errors.ts';

/** Left free whatever happens: a full disk breaks more than a download. */
const RESERVE = 64 * 1024 * 1024;

/** Room on the controller's disk, for several downloads that do not see each other's files yet. */
export class FreeSpace {
  #promised = 0;

  /**
   * Sets so many bytes aside; the answer gives them back.
   * @throws ProvisionError E_DISK_FULL when the disk does not have them
   */
  async reserve(folder: string, bytes: number): Promise<() => void> {
    if (bytes === 0) return () => undefined;
    this.#promised += bytes;
    const release = (): void => {
      this.#promised -= bytes;
    };
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free >= this.#promised + RESERVE) return release;
    const others = this.#promised - bytes;
    release();
    throw new ProvisionError(
      'E_DISK_FULL',
      `${folder} has ${megabytes(free)} free; this dump takes up to ${megabytes(bytes)}` +
        (others > 0 ? `, and ${megabytes(others)} are spoken for` : ''),
      { hint: 'free some space on this machine, or name another place with --to' },
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

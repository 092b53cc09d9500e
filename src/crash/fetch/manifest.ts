import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import type { Dump } from '../dumps/dump.ts';
import { syncFolder } from './local-file.ts';
import { MANIFEST } from './place.ts';

/** A file as it was on the guest, and where it is here. */
export interface FetchedFile {
  /** On the guest. */
  readonly name: string;
  /** Here, in the manifest's folder; null once `vmcore` holds the same in a readable order. */
  readonly local: string | null;
  /** Bytes. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Computed on the guest and here alike. */
  readonly sha256: string;
}

/** `dump.json`: what a fetched dump is. */
export interface Manifest extends Pick<
  Dump,
  'name' | 'directory' | 'time' | 'panic' | 'trigger' | 'blocked' | 'tag' | 'verdict'
> {
  readonly version: 1;
  readonly guest: string;
  /** ISO 8601, UTC. */
  readonly fetchedAt: string;
  readonly files: readonly FetchedFile[];
  /** The file for crash and drgn, in this folder; null until there is one, and for an invalid dump. */
  readonly vmcore: { readonly name: string; readonly size: number; readonly sha256: string } | null;
}

/** The manifest of a folder; null where there is none that can be used. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Partial<Manifest>;
    return manifest.version === 1 && Array.isArray(manifest.files) ? (manifest as Manifest) : null;
  } catch {
    return null;
  }
}

/** Whole or not at all: written beside, then renamed. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = join(folder, MANIFEST);
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(folder);
}

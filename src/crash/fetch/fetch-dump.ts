import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { makeFolder } from '../../folder.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import { isContainer } from '../dumps/container.ts';
import type { Dump, DumpFile } from '../dumps/dump.ts';
import { download, type Transfer } from './download.ts';
import type { FreeSpace } from './free-space.ts';
import { localFailure, moveInto, sha256Of } from './local-file.ts';
import { readManifest, writeManifest, type FetchedFile, type Manifest } from './manifest.ts';
import { folderOf, localName, VMCORE } from './place.ts';
import { makeReadable } from './rearrange.ts';

/** What is the same for every dump of a run. */
export interface Fetching extends Transfer {
  /** The folder of all guests' dumps. */
  readonly to: string;
  readonly keepFlattened: boolean;
  readonly space: FreeSpace;
}

export interface Fetched {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Bytes that were transferred; 0 when all was here already. */
  readonly bytes: number;
  /** How long that took, milliseconds. */
  readonly ms: number;
  /** The readable file was made in this run. */
  readonly made: boolean;
}

/** Decompressed, a dump can be so many times larger; its pages are compressed already. */
const EXPANSION = 4;

/**
 * Brings one dump here: its whole directory, then a file in it that can be read, and a manifest. What is here already is
 * not transferred again.
 * @param progress bytes of the dump that are here, and of how many
 * @throws ProvisionError see download and makeReadable; what came is kept
 */
export async function fetchDump(
  conversation: Conversation,
  dump: Dump,
  fetching: Fetching,
  progress: (done: number, total: number) => void,
): Promise<Fetched> {
  const folder = folderOf(fetching.to, conversation.guest.name, dump.name);
  try {
    makeFolder(folder);
  } catch (cause) {
    throw localFailure(folder, cause);
  }
  let manifest = await manifestOf(dump, conversation.guest.name, folder);
  const missing: DumpFile[] = [];
  for (const file of dump.files) if (!(await isHere(folder, file, manifest))) missing.push(file);
  const begun = performance.now();
  // Small files first: a transfer that breaks off has then brought the kernel log at least.
  missing.sort((a, b) => a.size - b.size);
  const total = sizeOf(dump.files);
  let done = total - sizeOf(missing);
  let bytes = 0;
  const release = await fetching.space.reserve(folder, spaceFor(dump, manifest, sizeOf(missing)));
  try {
    for (const file of missing) {
      const local = localName(file.name);
      const came = (offset: number): void => progress(done + offset, total);
      const got = await download(conversation, dump.directory, file, join(folder, local), fetching, came);
      done += file.size;
      bytes += got.bytes;
      manifest = withFile(manifest, { ...file, local, sha256: got.sha256 });
      await writeManifest(folder, manifest);
    }
    const ms = Math.round(performance.now() - begun);
    const body = dump.verdict.valid && manifest.vmcore === null ? dump.dump : null;
    if (body !== null) manifest = await withVmcore(folder, body.name, manifest, fetching.keepFlattened);
    return { folder, manifest, bytes, ms, made: body !== null };
  } finally {
    release();
  }
}

/** Adds the file that crash and drgn can open; a flattened or compressed dump gives way to it. */
async function withVmcore(folder: string, name: string, manifest: Manifest, keep: boolean): Promise<Manifest> {
  const fetched = manifest.files.find((file) => file.name === name);
  if (fetched?.local == null) return manifest;
  const dump = join(folder, fetched.local);
  const made = await makeReadable(dump);
  const vmcore = join(folder, VMCORE);
  if (made !== null) await moveInto(made, vmcore);
  const readable = made === null ? fetched.local : VMCORE;
  const sha256 = made === null ? fetched.sha256 : await sha256Of(vmcore);
  const { size } = await stat(join(folder, readable));
  const drop = made !== null && !keep;
  const done: Manifest = {
    ...(drop ? withFile(manifest, { ...fetched, local: null }) : manifest),
    vmcore: { name: readable, size, sha256 },
  };
  await writeManifest(folder, done);
  // Only now: until the manifest says so, the file that came is the one that counts.
  if (drop) await rm(dump, { force: true });
  return done;
}

/** What is known of the dump now, and of an earlier manifest what still holds. */
async function manifestOf(dump: Dump, guest: string, folder: string): Promise<Manifest> {
  const old = await readManifest(folder);
  const { name, directory, time, panic, trigger, blocked, tag, verdict } = dump;
  const files = (old?.files ?? []).filter((known) => dump.files.some((file) => isSame(known, file)));
  const body = files.some((known) => known.name === dump.dump?.name);
  const vmcore = body && old?.vmcore && (await hasFile(folder, old.vmcore)) ? old.vmcore : null;
  return {
    version: 1,
    guest,
    name,
    directory,
    time,
    fetchedAt: new Date().toISOString(),
    verdict,
    panic,
    trigger,
    blocked,
    tag,
    files,
    vmcore,
  };
}

function isSame(known: FetchedFile, { name, size, mtime }: DumpFile): boolean {
  return known.name === name && known.size === size && known.mtime === mtime;
}

async function isHere(folder: string, file: DumpFile, manifest: Manifest): Promise<boolean> {
  const known = manifest.files.find((each) => isSame(each, file));
  if (known === undefined) return false;
  if (known.local === null) return manifest.vmcore !== null;
  return hasFile(folder, { name: known.local, size: known.size });
}

async function hasFile(
  folder: string,
  { name, size }: { readonly name: string; readonly size: number },
): Promise<boolean> {
  const found = await stat(join(folder, name)).catch(() => null);
  return found?.isFile() === true && found.size === size;
}

function withFile(manifest: Manifest, file: FetchedFile): Manifest {
  return { ...manifest, files: [...manifest.files.filter(({ name }) => name !== file.name), file] };
}

function sizeOf(files: readonly DumpFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function spaceFor({ dump, verdict }: Dump, { vmcore }: Manifest, missing: number): number {
  if (dump === null || !verdict.valid || vmcore !== null) return missing;
  return missing + dump.size * (isContainer(dump.format) ? EXPANSION : 1);
}

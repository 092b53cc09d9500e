import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { ProvisionError } from '../../errors.ts';
import { localFailure, syncFolder } from './local-file.ts';

/** Bytes that are gathered before a write; while one block is written, the next may gather. */
const BLOCK = 1024 * 1024;

interface Source {
  /** Bytes. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
}

/**
 * A file on its way: `NAME.part` holds the bytes so far, `NAME.part.json` says which file they are of, so that a later run
 * can go on. Holds two blocks in memory at most.
 */
export class PartFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #source: Source;
  #hash: Hash;
  #offset: number;
  #block: Buffer[] = [];
  #blockSize = 0;
  #written: number;
  #writing: Promise<void> | undefined;
  #failure: ProvisionError | undefined;

  private constructor(path: string, handle: FileHandle, source: Source, hash: Hash, offset: number) {
    this.#path = path;
    this.#handle = handle;
    this.#source = source;
    this.#hash = hash;
    this.#offset = offset;
    this.#written = offset;
  }

  /** Goes on with what an earlier run has left of the same file, or begins. */
  static async open(path: string, source: Source): Promise<PartFile> {
    const [part, about] = [`${path}.part`, `${path}.part.json`];
    const hash = createHash('sha256');
    const kept = await keptBytes(part, about, source);
    if (kept > 0) for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
    else await writeFile(about, JSON.stringify({ size: source.size, mtime: source.mtime }));
    return new PartFile(path, await open(part, kept > 0 ? 'r+' : 'w', 0o600), source, hash, kept);
  }

  /** Bytes that are here. */
  get offset(): number {
    return this.#offset;
  }

  /** sha256 of those. */
  get prefix(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Forgets what is here: it is not how the file begins. */
  restart(): void {
    this.#hash = createHash('sha256');
    this.#offset = 0;
    this.#enqueue(async () => {
      await this.#handle.truncate(0);
      this.#written = 0;
    });
  }

  /** Takes the next bytes; a promise while the disk has to catch up. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#hash.update(chunk);
    this.#offset += chunk.length;
    this.#block.push(chunk);
    this.#blockSize += chunk.length;
    if (this.#blockSize < BLOCK) return undefined;
    const busy = this.#writing;
    this.#flush();
    return busy;
  }

  /** All that was taken is on its way to the disk. @throws ProvisionError E_DISK_FULL, E_LOCAL_FILE */
  async settle(): Promise<void> {
    this.#flush();
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  /** The file is whole and right: it takes its name. */
  async commit(): Promise<void> {
    await this.settle();
    await this.#handle.utimes(this.#source.mtime, this.#source.mtime);
    await this.#handle.sync();
    await rename(`${this.#path}.part`, this.#path);
    await rm(`${this.#path}.part.json`, { force: true });
    await syncFolder(dirname(this.#path));
  }

  /** The bytes are worth nothing. */
  async discard(): Promise<void> {
    await this.#writing;
    await rm(`${this.#path}.part`, { force: true });
    await rm(`${this.#path}.part.json`, { force: true });
  }

  #flush(): void {
    if (this.#blockSize === 0) return;
    const [block, size] = [this.#block, this.#blockSize];
    this.#block = [];
    this.#blockSize = 0;
    this.#enqueue(async () => {
      // writev may write less than it was given.
      const bytes = Buffer.concat(block, size);
      for (let at = 0; at < size;) {
        const { bytesWritten } = await this.#handle.write(bytes, at, size - at, this.#written);
        at += bytesWritten;
        this.#written += bytesWritten;
      }
    });
  }

  #enqueue(job: () => Promise<void>): void {
    const before = this.#writing ?? Promise.resolve();
    const after = before.then(async () => {
      if (this.#failure) return;
      try {
        await job();
      } catch (cause) {
        this.#failure = localFailure(this.#path, cause);
      }
      if (this.#writing === after) this.#writing = undefined;
    });
    this.#writing = after;
  }
}

async function keptBytes(part: string, about: string, { size, mtime }: Source): Promise<number> {
  try {
    const known = JSON.parse(await readFile(about, 'utf8')) as Partial<Source>;
    const { size: kept } = await stat(part);
    return known.size === size && known.mtime === mtime && kept <= size ? kept : 0;
  } catch {
    return 0;
  }
}

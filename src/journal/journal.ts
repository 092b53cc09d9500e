import { closeSync, fsync, fsyncSync, openSync, write, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { reasonOf } from '../errno.ts';
import { ProvisionError } from '../errors.ts';
import type { Event, EventKind } from '../events.ts';
import { makeFolder } from '../folder.ts';
import { JOURNAL, REQUEST } from './read.ts';
import type { RunHead, RunRequest } from './record.ts';

/** After these the disk is asked to keep what it has: they are what a resumed run goes by. */
const KEPT: ReadonlySet<EventKind> = new Set<EventKind>(['guest.finished', 'run.finished']);
/** Milliseconds between two such requests: what a power cut may cost. The death of the process costs nothing of what is written. */
const SYNC_EVERY_MS = 1000;

/**
 * Writes a run down while it goes; what is written outlives the death of this process. Nobody waits for the disk: a write
 * into a page that is just being synced takes as long as the disk does, so lines that come meanwhile go out together.
 */
export class Journal {
  /** Of the run. */
  readonly id: string;
  readonly #fd: number;
  readonly #note: (text: string) => void;
  readonly #flushAtExit = (): void => this.#writeNow();
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  /** A line was cut off, so the next one begins on a line of its own. */
  #torn = false;
  #failed = false;
  #unsynced = false;
  #syncedAt = 0;
  #syncing: Promise<void> | undefined;

  private constructor(id: string, fd: number, note: (text: string) => void) {
    this.id = id;
    this.#fd = fd;
    this.#note = note;
    process.on('exit', this.#flushAtExit);
  }

  /**
   * Makes the folder of a run, for its owner's eyes only, and writes down what it was asked for.
   * @param note says on stderr, once, that the journal cannot go on; a rollout does not end for that
   * @throws ProvisionError E_JOURNAL when it cannot be begun: nothing was done yet
   */
  static begin(directory: string, head: RunHead, request: RunRequest, note: (text: string) => void): Journal {
    const folder = join(directory, head.id);
    try {
      makeFolder(folder);
      writeFileSync(join(folder, REQUEST), `${JSON.stringify(request)}\n`, { mode: 0o600, flush: true });
      const fd = openSync(join(folder, JOURNAL), 'ax', 0o600);
      writeSync(fd, `${JSON.stringify(head)}\n`);
      fsyncSync(fd);
      return new Journal(head.id, fd, note);
    } catch (cause) {
      throw new ProvisionError('E_JOURNAL', `the journal of this run cannot be written: ${reasonOf(cause)}`, {
        hint: 'name another folder with --runs-dir, or do without: --no-journal; nothing was done yet',
        where: { file: folder },
        cause,
      });
    }
  }

  record(event: Event): void {
    this.#waiting.push(`${JSON.stringify({ at: new Date().toISOString(), event })}\n`);
    if (KEPT.has(event.kind)) this.#unsynced = true;
    this.#writing ??= this.#write();
  }

  /** Waits until all of it is on the disk. */
  async close(): Promise<void> {
    await this.#writing;
    process.removeListener('exit', this.#flushAtExit);
    await this.#syncing;
    this.#sync();
    await this.#syncing;
    closeSync(this.#fd);
  }

  /** Until nothing is left; one write at a time keeps the order. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What else happens in this turn goes out with it.
      await new Promise((resolve) => setImmediate(resolve));
      const lines = this.#take();
      await new Promise<void>((resolve) => {
        write(this.#fd, lines, 0, lines.length, null, (error, written) => {
          this.#wrote(lines, error, written);
          resolve();
        });
      });
      const due = performance.now() - this.#syncedAt > SYNC_EVERY_MS;
      if (this.#unsynced && due && this.#syncing === undefined) this.#sync();
    }
    this.#writing = undefined;
  }

  #sync(): void {
    this.#unsynced = false;
    this.#syncedAt = performance.now();
    this.#syncing = new Promise((resolve) => {
      fsync(this.#fd, () => {
        this.#syncing = undefined;
        resolve();
      });
    });
  }

  /** The process ends at once. A write that is under way has its lines already. */
  #writeNow(): void {
    if (this.#waiting.length === 0) return;
    try {
      writeSync(this.#fd, this.#take());
    } catch {
      // There is nobody left to tell.
    }
  }

  #take(): Buffer {
    const lines = Buffer.from(`${this.#torn ? '\n' : ''}${this.#waiting.join('')}`);
    this.#waiting = [];
    return lines;
  }

  #wrote(lines: Buffer, error: Error | null, written: number): void {
    this.#torn = error === null && written < lines.length;
    if (error !== null) this.#sayOnce(reasonOf(error));
    else if (this.#torn) this.#sayOnce('the disk is full');
  }

  #sayOnce(why: string): void {
    if (!this.#failed) this.#note(`the journal of this run is not complete: ${why}`);
    this.#failed = true;
  }
}

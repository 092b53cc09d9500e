import { closeSync, fsync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { reasonOf } from '../errno.ts';
import { ProvisionError } from '../errors.ts';
import type { Event, EventKind } from '../events.ts';
import { makeFolder } from '../folder.ts';
import { JOURNAL, REQUEST } from './read.ts';
import type { RunHead, RunRequest } from './record.ts';

/** After these the disk is asked to keep what it has: they are what a resumed run goes by. */
const KEPT: ReadonlySet<EventKind> = new Set<EventKind>(['guest.finished', 'run.finished']);

/** Writes a run down while it goes: one append per event, which outlives the death of this process. */
export class Journal {
  /** Of the run. */
  readonly id: string;
  readonly #fd: number;
  readonly #note: (text: string) => void;
  /** A line was cut off, so the next one begins on a line of its own. */
  #torn = false;
  #failed = false;
  #syncing: Promise<void> | undefined;
  #again = false;

  private constructor(id: string, fd: number, note: (text: string) => void) {
    this.id = id;
    this.#fd = fd;
    this.#note = note;
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
    const line = Buffer.from(`${this.#torn ? '\n' : ''}${JSON.stringify({ at: new Date().toISOString(), event })}\n`);
    try {
      const written = writeSync(this.#fd, line);
      this.#torn = written < line.length;
      if (this.#torn) this.#sayOnce('the disk is full');
    } catch (error) {
      this.#sayOnce(reasonOf(error));
    }
    if (KEPT.has(event.kind)) this.#sync();
  }

  /** Waits until all of it is on the disk. */
  async close(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing;
    closeSync(this.#fd);
  }

  /** One at a time: what comes in meanwhile shares the next. */
  #sync(): void {
    this.#again = this.#syncing !== undefined;
    this.#syncing ??= new Promise<void>((resolve) => {
      fsync(this.#fd, () => {
        this.#syncing = undefined;
        if (this.#again) this.#sync();
        resolve();
      });
    });
  }

  #sayOnce(why: string): void {
    if (!this.#failed) this.#note(`the journal of this run is not complete: ${why}`);
    this.#failed = true;
  }
}

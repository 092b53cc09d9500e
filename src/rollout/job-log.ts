/** Where a job's progress goes. */
export interface JobProgress {
  step(id: string, status: 'started' | 'done' | 'failed', message?: string): void;
  output(line: string): void;
}

const KEPT_LINES = 20;

/**
 * Reads the log of a converge as it grows: lines that start with `@ ` are the script's own words, the rest is output of
 * what it ran. A log that is read again from its start (after a lost connection) reports nothing twice.
 */
export class JobLog {
  failure: { code: string; step: string; message: string } | null = null;
  finished = false;
  begun = false;
  lastStep = '';
  readonly #progress: JobProgress;
  #seen = 0;
  #position = 0;
  #failing: { code: string; step: string } | null = null;
  readonly #kept: string[] = [];

  constructor(progress: JobProgress) {
    this.#progress = progress;
  }

  restart(): void {
    this.#position = 0;
  }

  line(text: string): void {
    this.#position += 1;
    if (this.#position <= this.#seen) return;
    this.#seen = this.#position;
    this.begun = true;
    if (this.#failing) {
      this.failure = { ...this.#failing, message: text };
      this.#progress.step(this.#failing.step, 'failed', text);
      this.#failing = null;
      return;
    }
    if (text.startsWith('@ ')) this.#word(text.slice(2));
    else this.#output(text);
  }

  /** The last lines of output, for an error's cause. */
  tail(): string {
    return this.#kept.join('\n');
  }

  #word(text: string): void {
    const [verb, ...rest] = text.split(' ');
    const subject = rest.join(' ');
    if (verb === 'start') {
      this.lastStep = subject;
      this.#progress.step(subject, 'started');
    } else if (verb === 'done') {
      this.#progress.step(subject, 'done');
      this.lastStep = '';
    } else if (verb === 'fail') {
      this.#failing = { code: rest[0] ?? 'E_CONVERGE', step: rest.slice(1).join(' ') };
    } else if (verb === 'finished') {
      this.finished = true;
    } else if (verb === 'warn') {
      this.#output(`warning: ${subject}`);
    }
  }

  #output(line: string): void {
    this.#kept.push(line);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    this.#progress.output(line);
  }
}

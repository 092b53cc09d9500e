import { randomBytes } from 'node:crypto';

import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import { FrameReader, wrapScript } from './frames.ts';
import { scriptFailure, type Ending } from './script-failure.ts';
import type { RunOptions, ScriptResult } from './session.ts';
import {
  firstStage,
  passwordPrompt,
  passwordStage,
  PLAIN_SHELL,
  SUDO_SHELL,
  type BecomeGate,
  type BecomePermit,
} from './sudo.ts';

/** What carries one shell: an SSH channel, or a process of this machine. */
interface Carrier {
  write(text: string): void;
  /** The last write, and the end of standard input. */
  end(text: string): void;
  /** Until `resume`, what the shell prints is left in the carrier. */
  pause(): void;
  resume(): void;
  /** Stops the shell, as far as the carrier can; `closed` follows. */
  stop(): void;
}

const STDERR_TAIL = 8 * 1024;
/** A PAM stack may delay; a person is not involved. */
const SUDO_PATIENCE_MS = 60_000;

/** One script on one shell: sends it when the shell is ready for it, reads its frames, judges its end. */
export class ScriptRun {
  readonly commandLine: string;
  readonly result: Promise<ScriptResult>;
  readonly #guest: Guest;
  readonly #script: string;
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #frames: FrameReader;
  readonly #gate: BecomeGate | undefined;
  #settle!: { resolve: (result: ScriptResult) => void; reject: (error: unknown) => void };
  #carrier: Carrier | undefined;
  #permit: BecomePermit | undefined;
  #asked = false;
  #sent = false;
  #prompts = 0;
  #stderr: Buffer = Buffer.alloc(0);
  #failure: ProvisionError | undefined;
  #timers: NodeJS.Timeout[] = [];
  #over = false;
  /** Promises of the receiver of raw bytes that are open. */
  #holds = 0;
  #ending: Ending | undefined;
  readonly #onRaw: RunOptions['onRaw'];
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => {
    this.fail(new ProvisionError('E_INTERRUPTED', 'interrupted', { where: this.#where }));
  };

  constructor(guest: Guest, become: boolean, gate: BecomeGate | undefined, script: string, options: RunOptions) {
    this.#guest = guest;
    this.#script = script;
    this.#gate = become ? gate : undefined;
    this.#onRaw = options.onRaw;
    this.#frames = new FrameReader(this.#nonce, options.onLine, (chunk) => this.#raw(chunk));
    this.commandLine = become && gate === undefined ? SUDO_SHELL : PLAIN_SHELL;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined)
      this.#later(
        timeoutMs,
        () =>
          new ProvisionError('E_TIMEOUT', `no end after ${timeoutMs / 1000} s`, {
            hint: '--timeout sets how long a guest may take',
            where: this.#where,
          }),
      );
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get #where(): { guest: string } {
    return { guest: this.#guest.name };
  }

  /** The shell is being started on this carrier. */
  attach(carrier: Carrier): void {
    this.#carrier = carrier;
    if (this.#failure) carrier.stop();
    else if (this.#gate === undefined) this.#send();
    else {
      carrier.write(firstStage(this.#nonce));
      this.#expectSudo();
    }
  }

  stdout(chunk: Buffer): void {
    if (this.#over) return;
    this.#frames.push(chunk);
    if (this.#sent || this.#gate === undefined) return;
    if (this.#frames.ready) {
      this.#permit?.proved();
      this.#send();
    } else if (this.#frames.asking && !this.#asked) {
      this.#asked = true;
      void this.#askGate(this.#gate);
    }
  }

  stderr(chunk: Buffer): void {
    const all = this.#stderr.length === 0 ? chunk : Buffer.concat([this.#stderr, chunk]);
    this.#stderr = all.length > STDERR_TAIL ? all.subarray(all.length - STDERR_TAIL) : all;
    if (this.#permit === undefined || this.#sent) return;
    const prompt = passwordPrompt(this.#nonce);
    const at = this.#stderr.indexOf(prompt);
    if (at < 0) return;
    this.#stderr = this.#stderr.subarray(at + prompt.length);
    this.#prompts += 1;
    if (this.#prompts === 1) this.#carrier?.write(`${this.#permit.password.reveal()}\n`);
    else this.#refuse(this.#permit);
  }

  closed(ending: Ending): void {
    if (this.#over) return;
    if (this.held) {
      this.#ending = ending;
      return;
    }
    this.#finish();
    if (this.#failure) {
      this.#settle.reject(this.#failure);
      return;
    }
    const { exitCode, sections, preamble } = this.#frames;
    const stderrTail = this.#stderr.toString('utf8');
    if (exitCode === undefined) {
      const { begun } = this.#frames;
      this.#settle.reject(
        // The first stage says that it asks when its sudo is gone: what ran in there did not end well.
        scriptFailure(this.#guest, {
          ...ending,
          ...(this.#sent && this.#frames.asking && !this.#asked ? { code: null } : {}),
          begun,
          cutShort: this.#frames.rawLeft > 0,
          become: this.#guest.become,
          stderrTail,
          preamble,
        }),
      );
    } else this.#settle.resolve({ exitCode, sections, stderrTail, ...(preamble === '' ? {} : { preamble }) });
  }

  /** Every frame is in; what is left is the carrier's own end. */
  get complete(): boolean {
    return this.#frames.exitCode !== undefined;
  }

  /** The receiver of raw bytes is not ready for more. */
  get held(): boolean {
    return this.#holds > 0;
  }

  /** Ends the run with this error; the shell is stopped, and the answer does not wait for it. */
  fail(error: ProvisionError): void {
    if (this.#over) return;
    this.#failure = error;
    this.#finish();
    this.#settle.reject(error);
    this.#carrier?.stop();
  }

  #raw(chunk: Buffer): void {
    const busy = this.#onRaw?.(chunk);
    if (busy === undefined) return;
    this.#holds += 1;
    if (this.#holds === 1) this.#carrier?.pause();
    busy.then(
      () => {
        this.#release();
      },
      (error: unknown) => {
        this.#release();
        this.fail(error as ProvisionError);
      },
    );
  }

  #release(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    this.#carrier?.resume();
    if (this.#ending) this.closed(this.#ending);
  }

  #send(): void {
    this.#sent = true;
    const text = wrapScript(this.#script, this.#nonce);
    // The first stage of a login with a password is a shell too, and ends with its input.
    if (this.#gate) this.#carrier?.end(text);
    else this.#carrier?.write(text);
  }

  async #askGate(gate: BecomeGate): Promise<void> {
    try {
      const permit = await gate.enter(this.#guest.name);
      if (this.#over) permit.undecided();
      else {
        this.#stderr = Buffer.alloc(0);
        this.#permit = permit;
        this.#carrier?.write(passwordStage(this.#nonce));
        this.#expectSudo();
      }
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      this.fail(error);
    }
  }

  #refuse(permit: BecomePermit): void {
    permit.refused();
    this.fail(
      new ProvisionError('E_SUDO', 'sudo did not take the password', {
        hint: permit.proving
          ? 'it was tried once and on no further guest; run the command again with the right one (-K)'
          : 'other guests took it: run the command for this one alone, with its own password (-K)',
        where: this.#where,
      }),
    );
  }

  #expectSudo(): void {
    this.#later(SUDO_PATIENCE_MS, () => {
      if (this.#sent || (this.#asked && this.#permit === undefined)) return undefined;
      const said = this.#stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
      return new ProvisionError('E_SUDO', `sudo waits for something that it is not given: ${said}`, {
        hint: 'only a password can be answered; a second factor cannot',
        where: this.#where,
      });
    });
  }

  #later(ms: number, error: () => ProvisionError | undefined): void {
    this.#timers.push(
      setTimeout(() => {
        const failure = error();
        if (failure) this.fail(failure);
      }, ms),
    );
  }

  #finish(): void {
    this.#over = true;
    this.#permit?.undecided();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

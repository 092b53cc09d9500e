import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** The program of a ProxyCommand ended under the connection that it carried. */
export class ProxyCommandEnded extends Error {}

const SAID_LIMIT = 2048;

/**
 * What a ProxyCommand reads and writes, as a stream with a socket's counters. It is started as OpenSSH does it: by the
 * person's shell, which is replaced by the command. Its last word on standard error is kept for the error.
 */
export class ProxyCommand extends Duplex {
  bytesRead = 0;
  bytesWritten = 0;
  readonly #child;
  #said = '';

  constructor(line: string, env: Readonly<Record<string, string | undefined>>) {
    super({ emitClose: true, allowHalfOpen: false });
    // Its own process group: Ctrl-C is for us to handle, and what the shell started is ended with it.
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    this.#child = spawn(env['SHELL'] ?? '/bin/sh', ['-c', `exec ${line}`], { env, stdio: [...stdio], detached: true });
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => undefined);
    stdout.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) stdout.pause();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_LIMIT);
    });
    this.#child.on('error', (error) => {
      this.destroy(new ProxyCommandEnded(`cannot be started: ${error.message}`));
    });
    // Only now is it known why there is nothing more to read.
    this.#child.on('close', (code, signal) => {
      if (this.destroyed) return;
      const said = this.#said.trim().split('\n').at(-1)?.trim() ?? '';
      const how = signal === null ? `ended with exit ${code ?? '?'}` : `was killed (${signal})`;
      // A program that has carried nothing has not worked, whatever it says.
      if (code === 0 && this.bytesRead > 0) this.push(null);
      else this.destroy(new ProxyCommandEnded(said === '' ? how : `${how}: ${said}`));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytesWritten += chunk.length;
    if (this.#child.stdin.write(chunk)) done();
    else this.#child.stdin.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#child.stdin.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      try {
        process.kill(-pid, 'SIGTERM');
      } catch {
        // It ended by itself meanwhile.
      }
    done(error);
  }
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** A program on a real terminal, made by `script` (bsdutils), which every Debian has. */
export class Pty {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number>;
  #screen = '';
  #read = 0;
  #wake: (() => void) | undefined;

  constructor(command: string, cwd: string) {
    this.#child = spawn('script', ['-qfec', `stty cols 100 rows 40; exec ${command}`, '/dev/null'], {
      cwd,
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', NO_COLOR: '1' },
    });
    this.#child.stdout.setEncoding('utf8');
    this.#child.stdout.on('data', (text: string) => {
      this.#screen += text;
      this.#wake?.();
    });
    this.#exit = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => resolve(code ?? -1));
    });
  }

  /** Waits until text appears that was not there at the last call. */
  async see(text: string, deadlineMs = 20_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const fresh = stripVTControlCharacters(this.#screen.slice(this.#read));
      if (fresh.includes(text)) {
        this.#read = this.#screen.length;
        return;
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        this.kill();
        throw new Error(`waited for ${JSON.stringify(text)}, saw:\n${fresh}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits for a question, then types. */
  async answer(question: string, keys: string): Promise<void> {
    await this.see(question);
    this.#child.stdin.write(keys);
  }

  /** Everything so far, without colour and cursor movements. */
  get screen(): string {
    return stripVTControlCharacters(this.#screen).replaceAll('\r', '');
  }

  exit(): Promise<number> {
    return this.#exit;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

export const ENTER = '\r';
export const DOWN = '\u001b[B';
export const SPACE = ' ';
export const CTRL_C = '\u0003';

import type { Guest } from '../inventory/guest.ts';
import type { Access } from './access.ts';
import { ScriptRun } from './script-run.ts';
import { ShellEnd } from './shell-end.ts';
import type { GuestSession, RunOptions, ScriptResult } from './session.ts';

/** Where zx would keep output. */
class Forgotten extends Array<Buffer> {
  override push(): number {
    return 0;
  }
}

/** This machine as a guest: the same scripts and frames, a process instead of a channel. */
export async function openLocalSession(guest: Guest, access: Access): Promise<GuestSession> {
  const { $ } = await import('zx');
  const counters = { connections: 0, retries: 0, channels: 0, bytesSent: 0, bytesReceived: 0 };
  const become = guest.become && process.getuid?.() !== 0;

  const start = (run: ScriptRun): void => {
    // zx keeps what a process prints; frames do that here, and a dump must not be kept at all.
    const quiet = {
      stdio: 'pipe',
      quiet: true,
      nothrow: true,
      prefix: '',
      shell: '/bin/sh',
      quote: (word: string) => word,
      store: { stdout: new Forgotten(), stderr: new Forgotten(), stdall: new Forgotten() },
    } as const;
    const shell = $(quiet)`${run.commandLine}`;
    counters.channels += 1;
    // zx pipes the output on, and a pipe that drains would undo a pause.
    shell.stdout.unpipe();
    shell.stdout.resume();
    const end = new ShellEnd(run, () => {
      shell.stdout.destroy();
      shell.stderr.destroy();
    });
    shell.stdout.on('data', (chunk: Buffer) => {
      counters.bytesReceived += chunk.length;
      run.stdout(chunk);
      end.heard();
    });
    shell.stderr.on('data', (chunk: Buffer) => {
      run.stderr(chunk);
    });
    // A shell that does not read to the end closes the pipe under us; its exit tells.
    shell.stdin.on('error', () => undefined);
    shell.child?.on('exit', (code, signal) => {
      end.exited({ code, signal: signal ?? undefined });
    });
    void shell.then(() => {
      end.closed();
    });
    const write = (text: string): void => {
      counters.bytesSent += Buffer.byteLength(text);
      shell.stdin.write(text);
    };
    run.attach({
      write,
      end: (text) => {
        write(text);
        shell.stdin.end();
      },
      pause: () => {
        shell.stdout.pause();
      },
      resume: () => {
        shell.stdout.resume();
      },
      stop: () => {
        void shell.kill('SIGTERM');
      },
    });
  };

  return {
    guest,
    counters,
    runScript: async (script: string, options: RunOptions = {}): Promise<ScriptResult> => {
      const run = new ScriptRun(guest, become, access.become, script, options);
      start(run);
      return run.result;
    },
    close: () => Promise.resolve(),
  };
}

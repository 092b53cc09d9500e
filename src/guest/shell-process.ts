import type { ProcessPromise } from 'zx/core';

import type { Ending } from './script-failure.ts';
import type { ScriptRun } from './script-run.ts';
import { ShellEnd } from './shell-end.ts';

interface Bytes {
  bytesSent: number;
  bytesReceived: number;
}

/** Where zx would keep output. */
class Forgotten extends Array<Buffer> {
  override push(): number {
    return 0;
  }
}

/** The `store` of a shell: zx keeps what a process prints, frames do that here, and a dump must not be kept at all. */
export function keepNothing(): Record<'stdout' | 'stderr' | 'stdall', Forgotten> {
  return { stdout: new Forgotten(), stderr: new Forgotten(), stdall: new Forgotten() };
}

/**
 * Gives a run a process as its shell.
 * @param endingOf what the process's own end says of the shell, where the process is not the shell itself
 */
export function runInProcess(
  run: ScriptRun,
  shell: ProcessPromise,
  counters: Bytes,
  endingOf: (ending: Ending) => Ending | Promise<Ending> = (ending) => ending,
): void {
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
  let judged: Promise<void> | undefined;
  shell.child?.on('exit', (code, signal) => {
    judged = Promise.resolve(endingOf({ code, signal: signal ?? undefined })).then((ending) => {
      end.exited(ending);
    });
  });
  void shell.then(async () => {
    await judged;
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
}

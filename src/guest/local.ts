import type { Guest } from '../inventory/guest.ts';
import type { Access } from './access.ts';
import { ScriptRun } from './script-run.ts';
import type { GuestSession, RunOptions, ScriptResult } from './session.ts';
import { keepNothing, runInProcess } from './shell-process.ts';

/** This machine as a guest: the same scripts and frames, a process instead of a channel. */
export async function openLocalSession(guest: Guest, access: Access): Promise<GuestSession> {
  const { $ } = await import('zx/core');
  const counters = { connections: 0, retries: 0, channels: 0, bytesSent: 0, bytesReceived: 0 };
  const become = guest.become && process.getuid?.() !== 0;

  const start = (run: ScriptRun): void => {
    const quiet = {
      stdio: 'pipe',
      quiet: true,
      nothrow: true,
      prefix: '',
      shell: '/bin/sh',
      quote: (word: string) => word,
      store: keepNothing(),
    } as const;
    counters.channels += 1;
    runInProcess(run, $(quiet)`${run.commandLine}`, counters);
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

// A process of provision whose end is waited for, and what it took.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const MAIN = path.join(import.meta.dirname, '../../../dist/main.js');

/** @param usage file for what it took in the end */
export function startProvision(argv, { usage, env = {} }) {
  // The kernel ends it when we are gone, however we went; setpriv becomes the process.
  const own = ['--pdeathsig', 'KILL', process.execPath, '--import', `${import.meta.dirname}/usage.mjs`, MAIN];
  const child = spawn('setpriv', [...own, ...argv], {
    env: { ...process.env, ...env, USAGE_FILE: usage },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let heard = () => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-100_000);
      heard();
    });
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    said: () => said,
    /** Until it has said so, or has ended. */
    says: (text) =>
      Promise.race([
        ended.then((code) => Promise.reject(new Error(`provision ${argv[0]}: exit ${code}\n${said}`))),
        new Promise((resolve) => {
          heard = () => said.includes(text) && resolve();
          heard();
        }),
      ]),
    /** @returns exit code; CPU in seconds, RSS at most in MiB */
    end: async () => {
      const code = await ended;
      return { code, ...JSON.parse(readFileSync(usage, 'utf8')) };
    },
    /** MiB in memory now; 0 when it is gone. */
    rssNow: () => {
      try {
        return Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
      } catch {
        return 0;
      }
    },
  };
}

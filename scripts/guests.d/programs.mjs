import { spawnSync } from 'node:child_process';
import { Refusal } from './refusal.mjs';

/**
 * Says which Debian packages are missing on the machine, and installs them.
 * @param {Record<string, string>} needed the program that tells, and the package that brings it
 */
export function installNeeded(needed) {
  const missing = Object.entries(needed)
    .filter(([program]) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0)
    .map(([, name]) => name);
  if (missing.length === 0) return;
  process.stderr.write(`Debian packages to install: ${missing.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['-qq', 'update'], { env, stdio: 'ignore' });
  const done = spawnSync('apt-get', ['-y', '-qq', '--no-install-recommends', 'install', ...missing], {
    env,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Refusal(`apt-get install ${missing.join(' ')} failed:\n${done.stderr}`);
}

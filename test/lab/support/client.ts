import { join } from 'node:path';

import { ran, type Lab, type Ran } from './lab.ts';

const MAIN = join(import.meta.dirname, '../../../dist/main.js');

/** `provision` as a person runs it against this lab, without a terminal and with a home of its own. */
export function clientOf(lab: Lab, more: NodeJS.ProcessEnv = {}): (command: string, ...args: string[]) => Promise<Ran> {
  const env = {
    ...process.env,
    HOME: lab.directory,
    PROVISION_INVENTORY: lab.inventory,
    PROVISION_RUNS: join(lab.directory, 'runs'),
    ...more,
  };
  return (command, ...args) =>
    ran(process.execPath, [MAIN, command, '-F', join(lab.directory, 'ssh_config'), ...args], env);
}

/** Everything that apply may change and rollback puts back: files with modes, links, directories, live settings. */
export const SNAPSHOT = `
  find /etc /usr/local \\( -type f -printf '%m %p ' -exec sha256sum {} \\; \\) -o \\( -type l -printf 'l %p %l\\n' \\) -o -type d -printf 'd %m %p\\n' | sort
  grep -rs . /proc/sys/kernel /proc/sys/vm | grep -v -e random -e ns_last_pid | sort
  ls -A /var/lib/provision 2>/dev/null`;

/** What a dry-run must leave alone besides. */
export const PACKAGES = `find /var/lib/dpkg /var/lib/apt /var/cache/apt -type f -exec sha256sum {} + | sort`;

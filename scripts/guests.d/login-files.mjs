import fs from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

/** The files by which a directory of guests is logged in to; nobody's ~/.ssh is read or written. @param {string} directory */
export function loginFiles(directory) {
  return {
    inventory: path.join(directory, 'inventory.yaml'),
    knownHosts: path.join(directory, 'known_hosts'),
    sshConfig: path.join(directory, 'ssh_config'),
    clientKey: path.join(directory, 'id_ed25519'),
  };
}

/**
 * Writes the inventory, the ssh_config and the known_hosts file of all guests on record.
 * @param {ReturnType<typeof loginFiles>} files
 * @param {{name: string, host: string, port: number, user: string, become?: boolean, key?: string, hostKeys: string[]}[]} guests
 */
export function writeLoginFiles(files, guests) {
  const entries = guests.map((guest) => [guest.name, entry(guest)]);
  const inventory = { defaults: { user: 'root', identity_file: files.clientKey }, guests: Object.fromEntries(entries) };
  replace(files.inventory, stringify(inventory));
  replace(files.sshConfig, `Host *\n  UserKnownHostsFile ${files.knownHosts}\n  GlobalKnownHostsFile /dev/null\n`);
  replace(
    files.knownHosts,
    guests.flatMap((guest) => guest.hostKeys.map((key) => `[${guest.host}]:${guest.port} ${key}\n`)).join(''),
  );
}

function entry({ host, port, user, become, key }) {
  return {
    host,
    port,
    ...(user === 'root' ? {} : { user }),
    ...(become ? { become: true } : {}),
    ...(key === undefined ? {} : { identity_file: key }),
  };
}

function replace(file, text) {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

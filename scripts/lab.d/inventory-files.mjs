import fs from 'node:fs';
import ssh2 from 'ssh2';
import { stringify } from 'yaml';
import { CLIENT_KEY, INVENTORY, KNOWN_HOSTS, SSH_CONFIG } from './lab-state.mjs';

/** The key that every guest lets in, made once per lab. @returns {string} its public half */
export function clientKey() {
  const publicFile = `${CLIENT_KEY}.pub`;
  if (!fs.existsSync(publicFile)) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'provision-lab' });
    fs.writeFileSync(CLIENT_KEY, pair.private, { mode: 0o600 });
    fs.writeFileSync(publicFile, `${pair.public}\n`);
  }
  return fs.readFileSync(publicFile, 'utf8').trim();
}

/** Writes the inventory and the known_hosts file of all guests on record. @param {object[]} guests */
export function writeInventory(guests) {
  const entries = guests.map((guest) => [guest.name, entry(guest)]);
  const inventory = { defaults: { user: 'root', identity_file: CLIENT_KEY }, guests: Object.fromEntries(entries) };
  replace(INVENTORY, stringify(inventory));
  // Nobody's ~/.ssh is read or written for a guest of a lab.
  replace(SSH_CONFIG, `Host *\n  UserKnownHostsFile ${KNOWN_HOSTS}\n  GlobalKnownHostsFile /dev/null\n`);
  replace(
    KNOWN_HOSTS,
    guests.flatMap((guest) => guest.hostKeys.map((key) => `[${guest.host}]:${guest.port} ${key}\n`)).join(''),
  );
}

function entry({ host, port, user, become }) {
  return { host, port, ...(user === 'root' ? {} : { user }), ...(become ? { become: true } : {}) };
}

function replace(file, text) {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

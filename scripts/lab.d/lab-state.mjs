import fs from 'node:fs';
import path from 'node:path';
import { loginFiles } from '../guests.d/login-files.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

/** Where this lab lives, and where the roots that all labs share live. */
export const LAB = path.resolve(process.env.PROVISION_LAB || '/var/tmp/provision-lab');
export const CACHE = path.resolve(process.env.PROVISION_LAB_CACHE || '/var/cache/provision-lab');

export const FILES = loginFiles(LAB);
export const GUESTS = path.join(LAB, 'guests');

/** @param {string} name */
export const guestDirectory = (name) => path.join(GUESTS, name);

/** Only root may make namespaces and mounts; the paths end up in mount options, where a comma or a colon would cut them. */
export function requireUsable() {
  if (process.getuid() !== 0) throw new Refusal('needs root: it makes namespaces and mounts', 2);
  for (const directory of [LAB, CACHE]) {
    if (/[\s,:\\]/u.test(directory))
      throw new Refusal(`${directory}: no blanks, commas, colons or backslashes, please`, 2);
  }
}

/** All guests on record, running or not, in the order of their addresses. */
export function readGuests() {
  if (!fs.existsSync(GUESTS)) return [];
  return fs
    .readdirSync(GUESTS)
    .map((name) => path.join(GUESTS, name, 'guest.json'))
    .filter((file) => fs.existsSync(file))
    .map((file) => JSON.parse(fs.readFileSync(file, 'utf8')))
    .sort((a, b) => a.index - b.index);
}

/** The guests of these names; a name that is not there is a mistake. @param {string[]} names */
export function findGuests(names) {
  const guests = new Map(readGuests().map((guest) => [guest.name, guest]));
  return names.map((name) => {
    const guest = guests.get(name);
    if (guest === undefined)
      throw new Refusal(`no guest ${name}; there are: ${[...guests.keys()].join(' ') || 'none'}`, 2);
    return guest;
  });
}

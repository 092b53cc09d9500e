import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { claimRange } from './address-range.mjs';
import { bootAll } from './boot.mjs';
import { guestGroup, killGroup } from './control-group.mjs';
import { writeDevTree, writeSysTree } from './device-tree.mjs';
import { writeGuestFiles } from './guest-files.mjs';
import { newGuest } from './guest-record.mjs';
import { initPid } from './inside.mjs';
import { clientKey, writeInventory } from './inventory-files.mjs';
import { writeKernelTree } from './kernel-tree.mjs';
import { FILES, GUESTS, guestDirectory, LAB, readGuests, requireUsable } from './lab-state.mjs';
import { Refusal } from '../guests.d/refusal.mjs';
import { kernelOf, rootImage, rootWith } from './root-image.mjs';
import { printGuests } from './status.mjs';

const OPTIONS = {
  kind: { type: 'string', default: 'light' },
  prefix: { type: 'string', default: 'vm' },
  first: { type: 'string', default: '1' },
  odd: { type: 'string', default: '' },
  ready: { type: 'boolean', default: false },
  grub: { type: 'boolean', default: false },
  distro: { type: 'string', default: 'bookworm' },
  packages: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
};

/** The command `lab up N`: makes guests that are not there, boots those that are off, leaves the rest alone. @param {string[]} args */
export async function up(args) {
  requireUsable();
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const names = guestNames(positionals, values);
  if (!['light', 'full'].includes(values.kind)) throw new Refusal('--kind is light or full', 2);
  // A list of odd kinds that is wrong is said before minutes of building.
  newGuest({ ...values, name: 'probe', index: 0, range: 0, root: '' });

  const root = await rootWith(await rootImage(values.distro), values.packages.split(',').filter(Boolean));
  fs.mkdirSync(GUESTS, { recursive: true });
  writeTemplates(root);
  const known = readGuests();
  const range = claimRange();
  const key = clientKey();
  const free = freeIndexes(known);
  const guests = names.map(
    (name) =>
      known.find((guest) => guest.name === name) ??
      create({ ...values, name, index: free.next().value, range, root }, key),
  );
  writeInventory(readGuests());

  const off = guests.filter((guest) => initPid(guest.name) === null);
  await Promise.all(off.map((guest) => killGroup(guestGroup(guest.name))));
  await bootAll(off);
  printGuests(guests, values.json);
  if (!values.json)
    process.stdout.write(`inventory ${FILES.inventory}\nssh config ${FILES.sshConfig}\nkey ${FILES.clientKey}\n`);
}

function guestNames(positionals, { prefix, first }) {
  const count = Number(positionals[0]);
  if (positionals.length !== 1 || !Number.isInteger(count) || count < 1)
    throw new Refusal('usage: lab up N [OPTION..]', 2);
  if (!/^[a-z][a-z0-9-]*$/u.test(prefix)) throw new Refusal('--prefix is letters, digits and hyphens', 2);
  if (!/^\d+$/u.test(first)) throw new Refusal('--first is a number', 2);
  return Array.from({ length: count }, (_, i) => `${prefix}${Number(first) + i}`);
}

function* freeIndexes(known) {
  const taken = new Set(known.map((guest) => guest.index));
  for (let index = 0; ; index += 1) if (!taken.has(index)) yield index;
}

/** guest.json is written last, so a guest that was interrupted half-way is made again. */
function create(asked, key) {
  const directory = guestDirectory(asked.name);
  fs.rmSync(directory, { recursive: true, force: true });
  const upper = path.join(directory, 'upper');
  fs.mkdirSync(upper, { recursive: true });
  fs.chmodSync(upper, 0o755);
  const guest = newGuest(asked);
  guest.hostKeys = writeGuestFiles(upper, guest, key);
  fs.writeFileSync(path.join(directory, 'guest.json'), JSON.stringify(guest));
  return guest;
}

/** The trees that all guests share as lower halves; written once per lab and root. */
function writeTemplates(root) {
  const template = path.join(LAB, 'template');
  const done = path.join(template, 'done');
  if (fs.existsSync(done) && fs.readFileSync(done, 'utf8') === root) return;
  const partial = `${template}.new`;
  fs.rmSync(partial, { recursive: true, force: true });
  const kernel = kernelOf(root);
  const rootUuid = fs.readFileSync(path.join(root, 'usr/local/lib/lab/root-uuid'), 'utf8').trim();
  writeKernelTree(path.join(partial, 'proc-sys'), kernel);
  writeSysTree(path.join(partial, 'sys'));
  writeDevTree(path.join(partial, 'dev'), rootUuid, kernel);
  fs.writeFileSync(path.join(partial, 'done'), root);
  fs.rmSync(template, { recursive: true, force: true });
  fs.renameSync(partial, template);
}

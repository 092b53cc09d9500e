import fs from 'node:fs';
import path from 'node:path';
import { releaseRange } from './address-range.mjs';
import { cgroupMount, guestGroup, killGroup, labGroup, releaseCgroupMount, removeGroup } from './control-group.mjs';
import { findGuests, GUESTS, guestDirectory, LAB, readGuests, requireUsable } from './lab-state.mjs';
import { writeInventory } from './inventory-files.mjs';

/** The command `lab down [NAME..]`: ends guests and removes all that they left. Without names, the whole lab. @param {string[]} args */
export async function down(args) {
  requireUsable();
  if (args.length > 0) {
    const guests = findGuests(args);
    await Promise.all(guests.map((guest) => remove(guest.name)));
    writeInventory(readGuests());
    return;
  }
  // By the groups, not by the records: a run that was killed may have left the one without the other.
  const lab = path.join(cgroupMount(), labGroup());
  const names = new Set([...directories(lab), ...directories(GUESTS)]);
  await Promise.all([...names].map((name) => remove(name)));
  removeGroup(lab);
  releaseCgroupMount();
  for (const name of ['guests', 'template', 'inventory.yaml', 'known_hosts', 'id_ed25519', 'id_ed25519.pub']) {
    fs.rmSync(path.join(LAB, name), { recursive: true, force: true });
  }
  releaseRange();
  // The directory itself may be the caller's, with other things in it.
  if (fs.existsSync(LAB) && fs.readdirSync(LAB).length === 0) fs.rmdirSync(LAB);
}

async function remove(name) {
  const group = guestGroup(name);
  await killGroup(group);
  removeGroup(group);
  await fs.promises.rm(guestDirectory(name), { recursive: true, force: true });
}

function directories(parent) {
  if (!fs.existsSync(parent)) return [];
  return fs
    .readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

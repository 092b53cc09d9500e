import { bootAll } from './boot.mjs';
import { guestGroup, killGroup } from './control-group.mjs';
import { initPid } from './inside.mjs';
import { findGuests, requireUsable } from './lab-state.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

/** The command `lab kill NAME..`: what pulling the plug does. @param {string[]} args */
export async function kill(args) {
  requireUsable();
  await Promise.all(named(args, 'kill').map((guest) => killGroup(guestGroup(guest.name))));
}

/** The command `lab start NAME..`: boots guests that are off. @param {string[]} args */
export async function start(args) {
  requireUsable();
  const off = named(args, 'start').filter((guest) => initPid(guest.name) === null);
  // A supervisor may still be about when its guest has just powered itself off.
  await Promise.all(off.map((guest) => killGroup(guestGroup(guest.name))));
  await bootAll(off);
}

function named(args, command) {
  if (args.length === 0) throw new Refusal(`usage: lab ${command} NAME..`, 2);
  return findGuests(args);
}

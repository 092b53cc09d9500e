import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB } from './lab-state.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

const OWN_MOUNT = path.join(LAB, 'cgroup');

/**
 * Where the machine has its version 2 control groups. Every process of a guest is in one, so that power-off, and the
 * clearing up after a crash of the lab itself, need no list of process ids.
 */
export function cgroupMount() {
  const mounted = fs
    .readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find((fields) => fields[2] === 'cgroup2');
  if (mounted !== undefined) return mounted[1];
  fs.mkdirSync(OWN_MOUNT, { recursive: true });
  execFileSync('mount', ['-t', 'cgroup2', 'provision-lab', OWN_MOUNT]);
  return OWN_MOUNT;
}

/** Undoes the mount of {@link cgroupMount}, where there was one. */
export function releaseCgroupMount() {
  if (!fs.existsSync(OWN_MOUNT)) return;
  try {
    execFileSync('umount', [OWN_MOUNT], { stdio: 'ignore' });
  } catch {
    // Not mounted: only the directory was left.
  }
  fs.rmdirSync(OWN_MOUNT);
}

/** The group of this lab, relative to the mount; labs of different directories do not meet. */
export function labGroup() {
  return `provision-lab-${createHash('sha256').update(LAB).digest('hex').slice(0, 10)}`;
}

/** @param {string} name of the guest */
export const guestGroup = (name) => path.join(cgroupMount(), labGroup(), name);

/** Makes the group of a guest, with a place for its supervisor and one for its namespaces. @param {string} name */
export function makeGuestGroup(name) {
  const group = guestGroup(name);
  fs.mkdirSync(path.join(group, 'supervisor'), { recursive: true });
  fs.mkdirSync(path.join(group, 'guest'), { recursive: true });
  return group;
}

/** Whether any process is left in the group. @param {string} group */
export function populated(group) {
  try {
    return fs.readFileSync(path.join(group, 'cgroup.events'), 'utf8').includes('populated 1');
  } catch {
    return false;
  }
}

/** SIGKILL to everything in the group at once, and waits until it is gone. @param {string} group */
export async function killGroup(group) {
  if (!populated(group)) return;
  fs.writeFileSync(path.join(group, 'cgroup.kill'), '1');
  for (let waited = 0; populated(group); waited += 1) {
    if (waited > 1000) throw new Refusal(`processes in ${group} do not die`);
    await sleep(10);
  }
}

/** Removes an empty group with all groups below it. @param {string} group */
export function removeGroup(group) {
  if (!fs.existsSync(group)) return;
  for (const entry of fs.readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(path.join(group, entry.name));
  }
  fs.rmdirSync(group);
}

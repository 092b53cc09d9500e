import fs from 'node:fs';
import path from 'node:path';
import { loginFiles } from '../guests.d/login-files.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

/** Where these machines live, and where the images that all share live. */
export const VMS = path.resolve(process.env.PROVISION_VM || '/var/tmp/provision-vm');
export const CACHE = path.resolve(process.env.PROVISION_VM_CACHE || '/var/cache/provision-vm');
export const FILES = loginFiles(VMS);

/** The files of one machine. @param {string} name */
export function vmFiles(name) {
  const directory = path.join(VMS, 'machines', name);
  const inside = (file) => path.join(directory, file);
  return {
    directory,
    record: inside('vm.json'),
    disk: inside('disk.qcow2'),
    console: inside('console.log'),
    pid: inside('pid'),
    monitor: inside('monitor'),
  };
}

/** All machines on record, running or not. */
export function readMachines() {
  const directory = path.join(VMS, 'machines');
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .map((name) => vmFiles(name).record)
    .filter((file) => fs.existsSync(file))
    .map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
}

/** @param {string} name */
export function findMachine(name) {
  const machine = readMachines().find((one) => one.name === name);
  if (machine !== undefined) return machine;
  const names = readMachines().map((one) => one.name);
  throw new Refusal(`no machine ${name ?? ''}; there are: ${names.join(' ') || 'none'}`, 2);
}

/** The process of a running machine; null when it is off. @param {string} name */
export function pidOf(name) {
  const { pid, disk } = vmFiles(name);
  try {
    const number = Number(fs.readFileSync(pid, 'utf8'));
    // The number may belong to somebody else by now.
    return fs.readFileSync(`/proc/${number}/cmdline`, 'utf8').includes(disk) ? number : null;
  } catch {
    return null;
  }
}

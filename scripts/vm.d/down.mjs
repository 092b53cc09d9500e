import fs from 'node:fs';
import { writeLoginFiles } from '../guests.d/login-files.mjs';
import { FILES, findMachine, pidOf, readMachines, vmFiles } from './vm-state.mjs';

const DEATH_MS = 10_000;

/** The command `vm kill NAME..`: the power is gone, the disk stays. @param {string[]} names */
export async function kill(names) {
  for (const name of names) await powerOff(findMachine(name).name);
}

/** The command `vm down [NAME..]`: powers off and forgets; all machines when none is named. @param {string[]} names */
export async function down(names) {
  const all = names.length > 0 ? names.map((name) => findMachine(name).name) : readMachines().map(({ name }) => name);
  for (const name of all) {
    await powerOff(name);
    fs.rmSync(vmFiles(name).directory, { recursive: true, force: true });
  }
  if (fs.existsSync(FILES.inventory)) writeLoginFiles(FILES, readMachines());
}

async function powerOff(name) {
  const pid = pidOf(name);
  if (pid === null) return;
  process.kill(pid, 'SIGKILL');
  for (const deadline = Date.now() + DEATH_MS; pidOf(name) !== null && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

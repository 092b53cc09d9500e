import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { DROPPED } from './capabilities.mjs';
import { cgroupMount, makeGuestGroup } from './control-group.mjs';
import { inside } from './inside.mjs';
import { guestDirectory, LAB } from './lab-state.mjs';
import { mountTable } from './mount-table.mjs';
import { Refusal } from '../guests.d/refusal.mjs';
import { kernelOf } from './root-image.mjs';

const SUPERVISOR = path.join(import.meta.dirname, 'guest/supervise.sh');
/** More boots at once than this only wait for each other on a small machine. */
const LIGHT_AT_ONCE = 12;
const FULL_AT_ONCE = 4;
const PATIENCE_MS = 120_000;

/** Boots guests that are on record and off, and waits until each can be logged in to. @param {object[]} guests */
export async function bootAll(guests) {
  const limits = { light: pLimit(LIGHT_AT_ONCE), full: pLimit(FULL_AT_ONCE) };
  await Promise.all(guests.map((guest) => limits[guest.kind](() => boot(guest))));
}

async function boot(guest) {
  const directory = guestDirectory(guest.name);
  const group = makeGuestGroup(guest.name);
  for (const name of ['root', 'memory', 'sys', 'small', 'work'])
    fs.mkdirSync(path.join(directory, name), { recursive: true });
  for (const log of ['sshd.log', 'console.log']) fs.closeSync(fs.openSync(path.join(directory, log), 'a'));
  const logged = fs.statSync(path.join(directory, 'sshd.log')).size;
  const cgroup = { mount: cgroupMount(), group };
  fs.writeFileSync(
    path.join(directory, 'fstab'),
    mountTable({ directory, template: path.join(LAB, 'template'), guest, cgroup }),
  );
  fs.writeFileSync(path.join(directory, 'settings'), settings(guest, group));
  fs.rmSync(path.join(directory, 'init'), { force: true });

  const log = fs.openSync(path.join(directory, 'boot.log'), 'w');
  const child = spawn('sh', [SUPERVISOR, directory], { detached: true, stdio: ['ignore', log, log], cwd: directory });
  child.unref();
  fs.closeSync(log);
  let ended = false;
  child.once('exit', () => (ended = true));
  await reachable(guest, { directory, logged, ended: () => ended });
}

function settings(guest, group) {
  const { abi, version } = kernelOf(guest.root);
  const { delay = 0, drop = 0 } = guest.proxy;
  const proxied = guest.sshdPort !== guest.port;
  const values = {
    name: guest.name,
    kind: guest.kind,
    group,
    image: guest.root,
    dropped: DROPPED,
    ready: guest.ready ? 'yes' : '',
    // A reservation comes from a boot loader, so a ready guest has one.
    grub: guest.grub || guest.ready ? 'yes' : '',
    small: guest.fullDisk ? '8m' : '',
    dpkg_lock: guest.dpkgLock ?? '',
    asleep: Math.max(0, Math.ceil(os.uptime() - Number(process.hrtime.bigint()) / 1e9)),
    node: process.execPath,
    proxy: proxied ? `${guest.host} ${guest.port} ${guest.sshdPort} ${delay} ${drop}` : '',
    version_line: `Linux version ${abi} (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0) ${version}`,
  };
  return Object.entries(values)
    .map(([key, value]) => `${key}='${value}'\n`)
    .join('');
}

/** Waits until sshd listens, and in a full guest for the end of the boot, when users other than root may log in. */
async function reachable(guest, { ended, ...log }) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!listening(log)) {
    if (ended() || Date.now() > deadline) throw new Refusal(`${guest.name} did not come up:\n${bootLog(guest.name)}`);
    await sleep(25);
  }
  if (guest.kind !== 'full') return;
  const state = await inside(guest.name, ['systemctl', 'is-system-running', '--wait']);
  if (state.stdout.trim() !== 'running') {
    const failed = await inside(guest.name, ['systemctl', '--failed', '--plain', '--no-legend']);
    process.stderr.write(`${guest.name}: systemd says ${state.stdout.trim()}\n${failed.stdout}`);
  }
}

/** sshd's own word for it: a connection to try it out would be one more for those who count them in its log. */
function listening({ directory, logged }) {
  const log = fs.readFileSync(path.join(directory, 'sshd.log'));
  return log.subarray(logged).includes('Server listening on');
}

function bootLog(name) {
  const read = (file) => fs.readFileSync(path.join(guestDirectory(name), file), 'utf8');
  return (read('boot.log') + read('console.log')).split('\n').slice(-20).join('\n');
}

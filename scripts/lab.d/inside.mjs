import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { DROPPED } from './capabilities.mjs';
import { labGroup } from './control-group.mjs';
import { findGuests, guestDirectory, requireUsable } from './lab-state.mjs';
import { Refusal } from '../guests.d/refusal.mjs';

/**
 * The process id of the guest's init as the machine sees it, or null when the guest is off. Its control group tells it
 * from a stranger that got the same number later.
 * @param {string} name
 */
export function initPid(name) {
  try {
    const pid = fs.readFileSync(path.join(guestDirectory(name), 'init'), 'utf8').trim();
    const ours = fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${labGroup()}/${name}/guest`);
    const dead = /^State:\s+Z/mu.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    return ours && !dead ? Number(pid) : null;
  } catch {
    return null;
  }
}

function entering(name, command) {
  const pid = initPid(name);
  if (pid === null) throw new Refusal(`${name} is not running`);
  const env = [
    '-i',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
    'TERM=dumb',
    'LANG=C.UTF-8',
  ];
  return [
    'nsenter',
    [
      '-t',
      String(pid),
      '-m',
      '-u',
      '-i',
      '-p',
      '-T',
      '--',
      'setpriv',
      `--bounding-set=${DROPPED}`,
      '--',
      'env',
      ...env,
      ...command,
    ],
  ];
}

/**
 * Runs a command in a guest and keeps its output.
 * @param {string} name @param {string[]} command
 */
export function inside(name, command) {
  const [program, args] = entering(name, command);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (text) => (output[stream] += text));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...output, code: code ?? 255 }));
  });
}

/** The command `lab exec NAME -- CMD`: stdin, stdout, stderr and the exit code are the command's own. @param {string[]} args */
export function execInside(args) {
  requireUsable();
  const [name, ...rest] = args;
  const command = rest[0] === '--' ? rest.slice(1) : rest;
  if (name === undefined || command.length === 0) throw new Refusal('usage: lab exec NAME -- CMD..', 2);
  findGuests([name]);
  const [program, argv] = entering(name, command);
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: 'inherit', cwd: '/' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 255));
  });
}

/**
 * The command `lab pids NAME`: the last process id that the guest's namespace gave out. Looking takes one id itself, so
 * what happened between two calls is their difference less one.
 * @param {string[]} args
 */
export async function lastPid(args) {
  requireUsable();
  const [name] = args;
  if (name === undefined) throw new Refusal('usage: lab pids NAME', 2);
  findGuests([name]);
  const { stdout } = await inside(name, ['cat', '/proc/loadavg']);
  process.stdout.write(`${stdout.trim().split(' ').at(-1)}\n`);
}

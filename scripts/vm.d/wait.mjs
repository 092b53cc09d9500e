import { spawn, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Refusal } from '../guests.d/refusal.mjs';
import { FILES, findMachine, pidOf, vmFiles } from './vm-state.mjs';

const PAUSE_MS = 1000;

/** The command `vm wait NAME`: until ssh lets a command run. @param {string[]} args */
export async function wait(args) {
  const { values, positionals } = parseArgs({
    args,
    options: { timeout: { type: 'string', default: '600' } },
    allowPositionals: true,
  });
  const [name] = positionals;
  const machine = findMachine(name);
  const began = Date.now();
  for (;;) {
    const answer = spawnSync('ssh', [...sshArguments(machine), 'true'], { encoding: 'utf8', timeout: 30_000 });
    const seconds = Math.round((Date.now() - began) / 1000);
    if (answer.status === 0) {
      process.stdout.write(`${name} answers after ${seconds} s\n`);
      return;
    }
    if (pidOf(name) === null) throw new Refusal(`${name} is off; its console: ${vmFiles(name).console}`);
    if (seconds > Number(values.timeout)) {
      throw new Refusal(`${name} does not answer: ${answer.stderr.trim()}; its console: ${vmFiles(name).console}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** The command `vm ssh NAME [-- CMD..]`. @param {string[]} args */
export async function ssh([name, ...rest]) {
  const command = rest[0] === '--' ? rest.slice(1) : rest;
  const child = spawn('ssh', [...sshArguments(findMachine(name)), ...command], { stdio: 'inherit' });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 255)));
}

function sshArguments({ host, port, user, key }) {
  const options = ['BatchMode=yes', 'ConnectTimeout=10', 'LogLevel=ERROR', 'ServerAliveInterval=15'];
  return [
    '-F',
    FILES.sshConfig,
    '-i',
    key,
    '-p',
    port,
    ...options.flatMap((one) => ['-o', one]),
    `${user}@${host}`,
  ].map(String);
}

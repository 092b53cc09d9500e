import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { writeLoginFiles } from '../guests.d/login-files.mjs';
import { Refusal } from '../guests.d/refusal.mjs';
import { accelerator } from './accelerator.mjs';
import { image } from './image.mjs';
import { startQemu } from './qemu.mjs';
import { FILES, findMachine, pidOf, readMachines, vmFiles } from './vm-state.mjs';

const OPTIONS = {
  variant: { type: 'string', default: 'bare' },
  suite: { type: 'string', default: 'bookworm' },
  memory: { type: 'string', default: '2048' },
  accel: { type: 'string' },
};

/** The command `vm up NAME..`: makes machines that are not there, and powers on those that are off. @param {string[]} args */
export async function up(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (positionals.length === 0) throw new Refusal('usage: vm up NAME.. [OPTION..]', 2);
  for (const name of positionals) {
    if (!/^[a-z][a-z0-9-]*$/u.test(name)) throw new Refusal(`${name}: a name is letters, digits and hyphens`, 2);
    if (!readMachines().some((machine) => machine.name === name)) await create(name, values);
  }
  await start(positionals);
}

/** The command `vm start NAME..`: powers on. @param {string[]} names */
export async function start(names) {
  for (const name of names) {
    const machine = findMachine(name);
    if (pidOf(name) === null) startQemu(machine);
    process.stdout.write(`${name} root@${machine.host}:${machine.port} ${machine.accel}\n`);
  }
}

/** vm.json is written last, so a machine that was interrupted half-way is made again. */
async function create(name, { suite, variant, memory, accel }) {
  const base = await image(suite, variant);
  const files = vmFiles(name);
  fs.rmSync(files.directory, { recursive: true, force: true });
  fs.mkdirSync(files.directory, { recursive: true });
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base.disk, files.disk]);
  const machine = {
    ...{ name, suite, variant, user: 'root', host: '127.0.0.1', port: await freePort() },
    ...{
      memory: Number(memory),
      accel: accel ?? (await accelerator(base.kernel)),
      key: base.key,
      hostKeys: base.hostKeys,
    },
  };
  fs.writeFileSync(files.record, JSON.stringify(machine));
  writeLoginFiles(FILES, readMachines());
}

/** A port of loopback that nobody has now; a machine keeps its own for life. */
async function freePort() {
  const taken = new Set(readMachines().map(({ port }) => port));
  for (;;) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (!taken.has(port)) return port;
  }
}

import { parseArgs } from 'node:util';
import { pidOf, readMachines, vmFiles } from './vm-state.mjs';

/** The command `vm status`. @param {string[]} args */
export function status(args) {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const rows = readMachines().map((machine) => ({
    ...machine,
    pid: pidOf(machine.name),
    console: vmFiles(machine.name).console,
  }));
  if (values.json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  for (const { name, suite, variant, accel, host, port, pid } of rows) {
    process.stdout.write(
      `${name.padEnd(10)} ${`${suite} ${variant}`.padEnd(16)} ${accel} ${pid === null ? 'off' : `pid ${pid}`} root@${host}:${port}\n`,
    );
  }
}

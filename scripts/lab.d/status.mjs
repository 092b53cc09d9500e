import { parseArgs } from 'node:util';
import { initPid } from './inside.mjs';
import { readGuests } from './lab-state.mjs';

/** What a caller needs to know of a guest. @param {object} guest */
export function describe(guest) {
  const { name, kind, host, port, user, password, become, odd, ready } = guest;
  const pid = initPid(name);
  return { name, kind, host, port, user, password, become, odd, ready, running: pid !== null, pid };
}

/** The command `lab status`. @param {string[]} args */
export function status(args) {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  printGuests(readGuests(), values.json);
}

/** @param {object[]} guests @param {boolean | undefined} json */
export function printGuests(guests, json) {
  const rows = guests.map(describe);
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  for (const row of rows) {
    const state = row.running ? `pid ${row.pid}` : 'off';
    const login = `${row.user}@${row.host}:${row.port}${row.password === null ? '' : ` (password: ${row.password})`}`;
    process.stdout.write(
      `${row.name.padEnd(10)} ${row.kind.padEnd(6)} ${state.padEnd(11)} ${login} ${row.odd.join(',')}\n`,
    );
  }
}

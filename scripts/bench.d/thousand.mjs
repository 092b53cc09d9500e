// Whether one process serves a thousand guests: simulated ones behind an ssh2 server of its own process, 20 ms away, all of
// which have to be converged. Tells how long the client's event loop was blocked at most, and how its memory grows.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx';

import { endClients } from './client-group.mjs';
import { SETTINGS } from './fleet.d/peers.mjs';
import { measure, median } from './measuring.mjs';
import { simulateFleet } from './simulated/fleet.mjs';
import { recordAnswers } from './simulated/record.mjs';

const { values } = parseArgs({
  options: {
    guests: { type: 'string', default: '250,500,1000' },
    rounds: { type: 'string', default: '3' },
    forks: { type: 'string', default: '200' },
    handshakes: { type: 'string' },
    latency: { type: 'string', default: '20' },
    json: { type: 'string' },
  },
});
const root = path.join(import.meta.dirname, '../..');
$.cwd = root;
$.verbose = false;
const folder = mkdtempSync(path.join(tmpdir(), 'provision-bench-'));

async function round(count, answers) {
  const fleet = await simulateFleet({ folder, count, answers, latencyMs: Number(values.latency) });
  const argv = ['node', '--import', `${import.meta.dirname}/simulated/loop-delay.mjs`, 'dist/main.js', 'apply'];
  argv.push('debug-panic', '--yes', '-q', ...fleet.flags, '--runs-dir', `${folder}/runs`, '--forks', values.forks);
  if (values.handshakes !== undefined) argv.push('--handshakes', values.handshakes);
  argv.push(...SETTINGS);
  const taken = await measure(argv, { env: { LOOP_DELAY: `${folder}/delay` }, log: `${folder}/time`, cwd: root });
  const { converged, twice, mostOpen, connections } = await fleet.tell();
  fleet.end();
  if (converged !== count || twice !== 0)
    throw new Error(`${converged} of ${count} converged, ${twice} more than once`);
  const delay = JSON.parse(readFileSync(`${folder}/delay`, 'utf8'));
  return {
    ...taken,
    mostOpen,
    connections: connections / count,
    startUpBlockedMs: delay.startUp,
    blockedMs: delay.max,
    blockedP99Ms: delay.p99,
  };
}

/** One line of the table: medians, and the worst of what must never be long. */
function rowOf(count, rounds) {
  const of = (name) => median(rounds.map((each) => each[name]));
  return {
    guests: count,
    wall: of('wall'),
    cpu: of('cpu'),
    cpuMsPerGuest: (of('cpu') / count) * 1000,
    rss: of('rss'),
    mostOpen: of('mostOpen'),
    startUpBlockedMs: of('startUpBlockedMs'),
    blockedMs: of('blockedMs'),
    worstBlockedMs: Math.max(...rounds.map((each) => each.blockedMs)),
    blockedP99Ms: of('blockedP99Ms'),
  };
}

try {
  const answers = await recordAnswers(`${folder}/lab`);
  const rows = [];
  for (const count of values.guests.split(',').map(Number)) {
    const rounds = [];
    for (let index = 0; index < Number(values.rounds); index += 1) rounds.push(await round(count, answers));
    const row = rowOf(count, rounds);
    rows.push(row);
    const shown = Object.entries(row).map(
      ([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`,
    );
    console.log(shown.join('  '));
  }
  const result = { latencyMs: Number(values.latency), forks: Number(values.forks), rows };
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, null, 2) + '\n');
} finally {
  await endClients();
  rmSync(folder, { recursive: true, force: true });
}

// What a queue costs over doing it in one process: the same simulated guests, 20 ms away, converged by one process, and by a
// controller with 1, 2 and 4 workers around a Redis. All of it is measured from the first moment of each process to its last.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx';

import { printScale } from './scale.d/table.mjs';
import { localRound, queueRound } from './scale.d/rounds.mjs';
import { simulateFleet } from './simulated/fleet.mjs';
import { recordAnswers } from './simulated/record.mjs';

const { values } = parseArgs({
  options: {
    guests: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '1,2,4' },
    forks: { type: 'string', default: '100' },
    latency: { type: 'string', default: '20' },
    servers: { type: 'string', default: '2' },
    answers: { type: 'string' },
    json: { type: 'string' },
  },
});
$.cwd = path.join(import.meta.dirname, '../..');
$.verbose = false;
const count = Number(values.guests);
const folder = mkdtempSync(path.join(tmpdir(), 'provision-bench-'));

/** Fresh guests for each round, and none of them may be lost or converged twice. */
async function on(answers, act) {
  const fleet = await simulateFleet({
    folder,
    count,
    answers,
    latencyMs: Number(values.latency),
    servers: Number(values.servers),
  });
  try {
    const row = await act({ fleet, folder, forks: Number(values.forks) });
    const { converged, twice, connections, mostOpen } = await fleet.tell();
    if (converged !== count || twice !== 0)
      throw new Error(`${converged} of ${count} converged, ${twice} more than once`);
    return { ...row, load: loadavg()[0], converged, twice, connections, mostOpen };
  } finally {
    fleet.end();
  }
}

try {
  const answers =
    values.answers === undefined
      ? await recordAnswers(`${folder}/lab`)
      : JSON.parse(readFileSync(values.answers, 'utf8'));
  const local = await on(answers, localRound);
  process.stderr.write(`one process: ${local.wall.toFixed(1)} s\n`);
  const queue = [];
  for (const workers of values.workers.split(',').map(Number)) {
    const row = await on(answers, (round) => queueRound({ ...round, workers }));
    const cpu = row.controller.cpu + row.workers.cpu + row.redis.cpu;
    queue.push({ ...row, cpu, overheadMs: ((cpu - local.cpu) / count) * 1000 });
    process.stderr.write(`${workers} workers: ${row.wall.toFixed(1)} s\n`);
  }
  const result = { guests: count, latencyMs: Number(values.latency), forks: Number(values.forks), local, queue };
  printScale(result);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, null, 2) + '\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

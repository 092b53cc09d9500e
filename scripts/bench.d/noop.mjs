// What it costs to find that N guests are as desired, against loops with nothing around them: the same connections running
// `true`, and the same running the very probe text that provision sends. All three in turns, medians.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx';

import { probeText } from './fleet.d/probe-text.mjs';
import { endClients } from './client-group.mjs';
import { SETTINGS } from './fleet.d/peers.mjs';
import { measure, median } from './measuring.mjs';

const { values } = parseArgs({
  options: {
    guests: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const count = Number(values.guests);
const rounds = Number(values.rounds);
const root = path.join(import.meta.dirname, '../..');
const lab = mkdtempSync(path.join(tmpdir(), 'provision-bench-'));
process.env.PROVISION_LAB = lab;
$.cwd = root;
$.verbose = false;

const apply = (guests) => [
  'dist/main.js',
  'apply',
  'debug-panic',
  ...guests,
  '--yes',
  '-q',
  '-i',
  `${lab}/inventory.yaml`,
  '-F',
  `${lab}/ssh_config`,
  ...SETTINGS,
];
const bare = (file, probe) => [
  'scripts/bench.d/bare-loop.mjs',
  '--guests',
  `${lab}/${file}`,
  '--key',
  `${lab}/id_ed25519`,
  ...(probe ? ['--probe', `${lab}/probe.sh`] : []),
];

const measured = (argv) => measure(['node', ...argv], { log: `${lab}/time` });

/** Connections and channels that the guests' own sshd counted since the given marks. */
function countAtServer(names, marks) {
  let connections = 0;
  let channels = 0;
  for (const name of names) {
    const text = readFileSync(`${lab}/guests/${name}/sshd.log`, 'utf8').slice(marks.get(name));
    connections += text.match(/^Connection from /gmu)?.length ?? 0;
    channels += text.match(/^Starting session: /gmu)?.length ?? 0;
  }
  return { connections, channels };
}

async function main() {
  await $`scripts/lab up ${count} --kind light --prefix vm`;
  writeFileSync(`${lab}/probe.sh`, probeText());
  const guests = JSON.parse((await $`scripts/lab status --json`).stdout);
  const targets = guests.map(({ host, port, user }) => ({ host, port, user }));
  writeFileSync(`${lab}/all.json`, JSON.stringify(targets));
  writeFileSync(`${lab}/one.json`, JSON.stringify(targets.slice(0, 1)));
  await $`node ${apply([])}`;

  const names = guests.map(({ name }) => name);
  const marks = new Map(names.map((name) => [name, readFileSync(`${lab}/guests/${name}/sshd.log`, 'utf8').length]));
  const before = Number((await $`scripts/lab pids ${names[0]}`).stdout);
  await $`node ${apply([])}`;
  // Reading the number costs a process of its own.
  const processes = Number((await $`scripts/lab pids ${names[0]}`).stdout) - before - 1;
  const seen = countAtServer(names, marks);

  const runs = { ours: [], oursOne: [], loop: [], loopOne: [], probeLoop: [] };
  for (let round = 0; round < rounds; round += 1) {
    runs.loop.push(await measured(bare('all.json', false)));
    runs.ours.push(await measured(apply([])));
    runs.probeLoop.push(await measured(bare('all.json', true)));
    runs.loopOne.push(await measured(bare('one.json', false)));
    runs.oursOne.push(await measured(apply([names[0]])));
  }
  const of = (name, what) => median(runs[name].map((run) => run[what]));
  // One guest is start-up and almost nothing else; what the others add is the work.
  const added = (name, what) => of(name, what) - of(`${name}One`, what);
  const result = {
    guests: count,
    rounds,
    connectionsPerGuest: seen.connections / count,
    channelsPerGuest: seen.channels / count,
    processesOnGuest: processes,
    seconds: {
      ours: { wall: of('ours', 'wall'), cpu: of('ours', 'cpu'), startUp: of('oursOne', 'cpu') },
      loop: { wall: of('loop', 'wall'), cpu: of('loop', 'cpu'), startUp: of('loopOne', 'cpu') },
      probeLoop: { wall: of('probeLoop', 'wall'), cpu: of('probeLoop', 'cpu') },
    },
    ratios: {
      cpuBeyondStartUp: added('ours', 'cpu') / added('loop', 'cpu'),
      wallToLoop: of('ours', 'wall') / of('loop', 'wall'),
      wallBeyondStartUpToLoop: added('ours', 'wall') / added('loop', 'wall'),
      wallBeyondStartUpToProbeLoop: added('ours', 'wall') / (of('probeLoop', 'wall') - of('loopOne', 'wall')),
    },
    peakRssMiB: Math.round(of('ours', 'rss')),
  };
  print(result);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, null, 2) + '\n');
}

function print({ seconds, ratios, ...rest }) {
  const row = (name, { wall, cpu }) =>
    console.log(`${name.padEnd(36)} ${wall.toFixed(2).padStart(7)} ${cpu.toFixed(2).padStart(7)}`);
  console.log(`${rest.guests} guests as desired, median of ${rest.rounds}`.padEnd(36), ' wall s   cpu s');
  row('provision apply', seconds.ours);
  row('bare ssh2 loop, exec true', seconds.loop);
  row('bare ssh2 loop, the same probe', seconds.probeLoop);
  console.log(
    `start-up (one guest), cpu s: provision ${seconds.ours.startUp.toFixed(2)}, bare loop ${seconds.loop.startUp.toFixed(2)}`,
  );
  for (const [name, value] of Object.entries(ratios))
    console.log(`${name.padEnd(36)} ${value.toFixed(2).padStart(7)} x`);
  console.log(
    `per guest: ${rest.connectionsPerGuest} connection, ${rest.channelsPerGuest} channel, ` +
      `${rest.processesOnGuest} processes forked on it (sshd's own included); peak RSS ${rest.peakRssMiB} MiB`,
  );
}

try {
  await main();
} finally {
  await endClients();
  await $({ nothrow: true })`scripts/lab down`;
  rmSync(lab, { recursive: true, force: true });
}

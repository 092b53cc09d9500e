// What it costs to bring N guests of the lab to a state, and to find that they are there: provision against other tools that
// are given the same state, and against loops that only connect. All take turns within a round, and ratios are made within a
// round, so that a machine that is slow for a minute is slow for everybody.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { $ } from 'zx';

import { probeText } from './fleet.d/probe-text.mjs';
import { endClient, endClients } from './client-group.mjs';
import { describe, WITH_PACKAGES, PACKAGES, stateOf } from './fleet.d/desired.mjs';
import { held, isInstalled, loop, ours, probeLoop, writePeers } from './fleet.d/peers.mjs';
import { printFleet } from './fleet.d/tables.mjs';
import { measure, medians, ratio } from './measuring.mjs';

const { values } = parseArgs({
  options: {
    guests: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'ansible,ansible-no-facts,mitogen,cdist,rex,clush,pdsh' },
    first: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const count = Number(values.guests);
const rounds = Number(values.rounds);
const forks = 50;
const lab = mkdtempSync(path.join(tmpdir(), 'provision-bench-'));
process.env.PROVISION_LAB = lab;
$.cwd = path.join(import.meta.dirname, '../..');
$.verbose = false;

const log = `${lab}/time`;
const run = (client, { argv, env }) =>
  measure(argv, { client, env: { PROVISION_RUNS: `${lab}/runs`, ...env }, log, cwd: $.cwd });

/** The lab, new: its guests have never been told anything. */
async function fresh() {
  await $({ nothrow: true })`scripts/lab down`;
  await $`scripts/lab up ${count} --kind light --prefix vm --packages ${PACKAGES.join(',')}`;
  const guests = JSON.parse((await $`scripts/lab status --json`).stdout);
  writeFileSync(`${lab}/all.json`, JSON.stringify(guests.map(({ host, port, user }) => ({ host, port, user }))));
  return guests;
}

async function stateOfFresh(guest) {
  const file = `${lab}/plan.json`;
  await $({
    env: { ...process.env, PROVISION_RUNS: `${lab}/runs` },
  })`${ours(lab, forks, WITH_PACKAGES).plan} ${[guest, '--out', file]}`;
  return stateOf(JSON.parse(readFileSync(file, 'utf8')).plans.find((plan) => plan.guest === guest));
}

/** Connections and channels for each guest, as the guests' own sshd logged them while `act` ran. */
async function countAtServer(guests, act) {
  const read = (name) => readFileSync(`${lab}/guests/${name}/sshd.log`, 'utf8');
  const marks = new Map(guests.map(({ name }) => [name, read(name).length]));
  await act();
  const texts = guests.map(({ name }) => read(name).slice(marks.get(name)));
  const times = (pattern) => texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0) / guests.length;
  return { connections: times(/^Connection from /gmu), channels: times(/^Starting session: /gmu) };
}

/** Brings the guests to the state; a peer that cannot is left out, and the table says nothing of it. */
async function warmUp(contenders) {
  for (const [name, contender] of Object.entries(contenders)) {
    try {
      if (contender.before !== undefined) await run(name, { argv: contender.before });
      await run(name, contender);
    } catch (error) {
      if (contender.program === undefined) throw error;
      console.log(`${name} is left out, it failed: ${error.message}`);
      delete contenders[name];
    }
  }
}

async function main() {
  let guests = await fresh();
  const state = await stateOfFresh(guests[0].name);
  const known = writePeers(lab, guests, state, forks);
  const chosen = values.peers.split(',').filter((name) => name !== '' && (!values.first || known[name].configures));
  const missing = chosen.filter((name) => !isInstalled(known[name]));
  for (const name of missing) console.log(`${name} is left out: install ${known[name].package}`);
  const peers = Object.fromEntries(chosen.filter((name) => !missing.includes(name)).map((name) => [name, known[name]]));
  const contenders = { provision: ours(lab, forks, WITH_PACKAGES), ...peers };
  if (!values.first)
    Object.assign(contenders, {
      'provision, held': held(lab, forks, guests, WITH_PACKAGES),
      loop: loop(lab),
      'loop, same probe': probeLoop(lab),
    });
  writeFileSync(`${lab}/probe.sh`, probeText(WITH_PACKAGES));

  if (!values.first) await warmUp(contenders);
  const runs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const seen = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, contender] of Object.entries(contenders)) {
      if (values.first) {
        guests = await fresh();
        writePeers(lab, guests, state, forks);
        await endClient(name);
        await $`rm -rf ${lab}/cm`.then(() => $`mkdir -m 700 -p ${lab}/cm`);
      }
      const act = async () => runs[name].push(await run(name, contender));
      if (round === 0) seen[name] = await countAtServer(guests, act);
      else await act();
      process.stderr.write(`round ${round + 1}/${rounds} ${name}: ${runs[name].at(-1).wall.toFixed(2)} s\n`);
    }
  }
  const result = {
    what: values.first ? 'first apply' : 'nothing to do',
    guests: count,
    rounds,
    forks,
    state: describe(state),
    medians: Object.fromEntries(
      Object.entries(runs).map(([name, all]) => [
        name,
        { ...medians(all), ...seen[name], bytesPerGuest: medians(all).bytes / count },
      ]),
    ),
    ratios: Object.fromEntries(
      Object.entries(runs)
        .filter(([name]) => name !== 'provision')
        .map(([name, all]) => [
          name,
          { wall: ratio(all, runs.provision, 'wall'), cpu: ratio(all, runs.provision, 'cpu') },
        ]),
    ),
  };
  printFleet(result);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, null, 2) + '\n');
}

try {
  await main();
} finally {
  await endClients();
  await $({ nothrow: true })`scripts/lab down`;
  rmSync(lab, { recursive: true, force: true });
}

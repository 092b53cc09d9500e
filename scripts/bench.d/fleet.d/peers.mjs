// What else people bring a fleet to a state with, or reach it with, and the loops that only connect. Every one is told the
// same: these guests, this key, these host keys, this state.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { ansible } from './ansible.mjs';
import { cdist } from './cdist.mjs';
import { rex } from './rex.mjs';

/** Of debug-panic what a light guest can have: it has no packages of ours, no boot loader and no systemd. */
export const SETTINGS = [
  ...['kdump', 'trace', 'crash'].flatMap((section) => ['--skip', section]),
  ...['--set', 'arm.when=always'],
];

export function ours(lab, forks, settings = SETTINGS, config = 'ssh_config') {
  const files = ['-i', `${lab}/inventory.yaml`, '-F', `${lab}/${config}`];
  const argv = (command) => ['node', 'dist/main.js', command, 'debug-panic', '--yes', '-q', ...files, ...settings];
  return { argv: [...argv('apply'), '--forks', String(forks)], plan: argv('plan') };
}

/** The same over connections that an ssh for each guest holds, as ansible's ControlPersist does. */
export function held(lab, forks, guests, settings) {
  mkdirSync(`${lab}/held`, { recursive: true, mode: 0o700 });
  const config = `Host *\n  ControlPath ${lab}/held/%h\n${readFileSync(`${lab}/ssh_config`, 'utf8')}`;
  writeFileSync(`${lab}/held_config`, config);
  const hosts = guests.map(({ host, port, user }) => `${user}@${host} ${port}`).join('\n');
  writeFileSync(`${lab}/held_hosts`, `${hosts}\n`);
  const connect = `ssh -F ${lab}/held_config -i ${lab}/id_ed25519 -o UserKnownHostsFile=${lab}/known_hosts -o ControlMaster=yes -o ControlPersist=600 -fN`;
  return {
    ...ours(lab, forks, settings, 'held_config'),
    before: ['sh', '-c', `while read -r to port; do ${connect} -p "$port" "$to" </dev/null; done <${lab}/held_hosts`],
  };
}

export function loop(lab) {
  return {
    argv: ['node', 'scripts/bench.d/bare-loop.mjs', '--guests', `${lab}/all.json`, '--key', `${lab}/id_ed25519`],
  };
}

export function probeLoop(lab) {
  const { argv } = loop(lab);
  return { argv: [...argv, '--probe', `${lab}/probe.sh`] };
}

/** @param guests name, host, port, user */
export function writePeers(lab, guests, state, forks) {
  for (const [index, { text }] of state.files.entries()) writeFileSync(`${lab}/file-${index}`, text);
  mkdirSync(`${lab}/cm`, { recursive: true, mode: 0o700 });
  writeFileSync(
    `${lab}/client_config`,
    `Host *\n  User root\n  Port ${guests[0].port}\n  IdentityFile ${lab}/id_ed25519\n  UserKnownHostsFile ${lab}/known_hosts\n`,
  );
  const options = `-o UserKnownHostsFile=${lab}/known_hosts -o StrictHostKeyChecking=yes -i ${lab}/id_ed25519`;
  const hosts = guests.map(({ host }) => host).join(',');
  return {
    ...ansible(lab, guests, state, { forks, options }),
    cdist: cdist(lab, guests, state, { forks }),
    rex: rex(lab, guests, state, { forks }),
    clush: {
      argv: ['clush', '-S', '-f', String(forks), '-o', `-F ${lab}/client_config`, '-w', hosts, 'true'],
      program: '/usr/bin/clush',
      package: 'clustershell',
    },
    pdsh: {
      argv: ['pdsh', '-S', '-R', 'ssh', '-f', String(forks), '-w', hosts, 'true'],
      env: { PDSH_SSH_ARGS_APPEND: `-F ${lab}/client_config` },
      program: '/usr/bin/pdsh',
      package: 'pdsh',
    },
  };
}

export const isInstalled = ({ program }) => existsSync(program);

// A fleet of simulated guests in processes of its own, and the files that a client needs to reach them.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import ssh2 from 'ssh2';

/**
 * @param folder for inventory.yaml, ssh_config, known_hosts and the key
 * @param answers see guests.mjs
 * @param servers processes that the guests are spread over: one has one core, and one port has 28,000 clients' ports
 */
export async function simulateFleet({ folder, count, answers, latencyMs = 20, servers = 1 }) {
  const started = await Promise.all(Array.from({ length: servers }, () => startServer(latencyMs, answers)));
  const names = Array.from({ length: count }, (_, index) => `g${String(index + 1).padStart(5, '0')}`);
  const portOf = (index) => started[index % servers].port;
  const lines = names.map((name, index) => `  ${name}: { host: 127.0.0.1, port: ${portOf(index)}, user: ${name} }`);
  const write = (name, text) => writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
  write('key', ssh2.utils.generateKeyPairSync('ed25519').private);
  write('inventory.yaml', `defaults: { identity_file: ${folder}/key }\nguests:\n${lines.join('\n')}\n`);
  const known = started.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`);
  write('known_hosts', known.join(''));
  // A machine that is busy with other things is no reason to give a guest up.
  const options = [`UserKnownHostsFile ${folder}/known_hosts`, 'GlobalKnownHostsFile /dev/null', 'ConnectTimeout 120'];
  write('ssh_config', `Host *\n${options.map((option) => `  ${option}\n`).join('')}`);
  return {
    names,
    key: `${folder}/key`,
    flags: ['-i', `${folder}/inventory.yaml`, '-F', `${folder}/ssh_config`],
    /** Guests that were converged, and more than once; connections, channels, and how many were open at most. */
    tell: async () => total(await Promise.all(started.map(({ asked }) => asked({ tell: true })))),
    end: () => {
      for (const { server } of started) server.kill();
    },
  };
}

async function startServer(latencyMs, answers) {
  const server = fork(`${import.meta.dirname}/serve.mjs`, [String(latencyMs)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const asked = (message) =>
    new Promise((resolve) => {
      server.once('message', resolve);
      server.send(message);
    });
  return { server, asked, ...(await asked({ answers })) };
}

function total(told) {
  const keys = Object.keys(told[0]);
  return Object.fromEntries(keys.map((key) => [key, told.reduce((sum, one) => sum + one[key], 0)]));
}

// A fleet of simulated guests in a process of its own, and the files that a client needs to reach them.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import ssh2 from 'ssh2';

/**
 * @param folder for inventory.yaml, ssh_config, known_hosts and the key
 * @param answers see guests.mjs
 */
export async function simulateFleet({ folder, count, answers, latencyMs = 20 }) {
  const server = fork(`${import.meta.dirname}/serve.mjs`, [String(latencyMs)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const asked = (message) =>
    new Promise((resolve) => {
      server.once('message', resolve);
      server.send(message);
    });
  const { port, hostKey } = await asked({ answers });
  const names = Array.from({ length: count }, (_, index) => `g${String(index + 1).padStart(5, '0')}`);
  const lines = names.map((name) => `  ${name}: { host: 127.0.0.1, port: ${port}, user: ${name} }`);
  const write = (name, text) => writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
  write('key', ssh2.utils.generateKeyPairSync('ed25519').private);
  write('inventory.yaml', `defaults: { identity_file: ${folder}/key }\nguests:\n${lines.join('\n')}\n`);
  write('known_hosts', `[127.0.0.1]:${port} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`);
  write('ssh_config', `Host *\n  UserKnownHostsFile ${folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n`);
  return {
    names,
    flags: ['-i', `${folder}/inventory.yaml`, '-F', `${folder}/ssh_config`],
    /** Guests that were converged, and more than once; connections, channels, and how many were open at most. */
    tell: () => asked({ tell: true }),
    end: () => server.kill(),
  };
}

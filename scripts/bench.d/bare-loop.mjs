// The floor that provision is measured against: connect, run one command, disconnect, with nothing around it.
//
//   node scripts/bench/bare-loop.mjs --guests guests.json --key ~/.ssh/id_ed25519 [--probe probe.sh] [--concurrency 25]
//
// guests.json: [{ "host": "127.0.0.1", "port": 22, "user": "root", "hostKey": "base64 of the public key" }, ..]
// Without --probe each guest runs `true`; with it, `sh -s` gets the file. Prints one line of JSON.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import pLimit from 'p-limit';
import ssh2 from 'ssh2';

const { values } = parseArgs({
  options: {
    guests: { type: 'string' },
    key: { type: 'string' },
    probe: { type: 'string' },
    concurrency: { type: 'string', default: '25' },
  },
});
if (values.guests === undefined || values.key === undefined) {
  console.error('usage: bare-loop.mjs --guests FILE --key FILE [--probe FILE] [--concurrency N]');
  process.exit(2);
}
const guests = JSON.parse(readFileSync(values.guests, 'utf8'));
const privateKey = readFileSync(values.key);
const probe = values.probe === undefined ? undefined : readFileSync(values.probe);

function visit({ host, port = 22, user = 'root', hostKey }) {
  const expected = hostKey === undefined ? undefined : Buffer.from(hostKey, 'base64');
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let code;
    client.on('ready', () => {
      client.exec(probe === undefined ? 'true' : 'sh -s', (error, channel) => {
        if (error) return reject(error);
        channel.on('exit', (status) => (code = status));
        channel.on('close', () => client.end());
        channel.resume();
        channel.stderr.resume();
        if (probe !== undefined) channel.end(probe);
      });
    });
    client.on('error', reject);
    client.on('close', () => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
    client.connect({
      host,
      port,
      username: user,
      privateKey,
      hostVerifier: (key) => expected === undefined || expected.equals(key),
    });
    client.setNoDelay(true);
  });
}

const limit = pLimit(Number(values.concurrency));
const begun = performance.now();
const before = process.cpuUsage();
const results = await Promise.allSettled(guests.map((guest) => limit(() => visit(guest))));
const { user, system } = process.cpuUsage(before);
const failed = results.filter(({ status }) => status === 'rejected');
for (const { reason } of failed.slice(0, 3)) console.error(String(reason));
console.log(
  JSON.stringify({
    wallMs: Math.round(performance.now() - begun),
    cpuMs: Math.round((user + system) / 1000),
    guests: guests.length,
    failed: failed.length,
  }),
);

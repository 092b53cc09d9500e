// Guests that exist as far as SSH can tell: one server of this process that answers for all of them, after a delay, with what a
// real guest answered. The user name says which guest is meant. A guest is fresh until a converge was carried out on it.
import net from 'node:net';
import { Duplex } from 'node:stream';
import ssh2 from 'ssh2';

const { Server, utils } = ssh2;

/**
 * @param answers `fresh` and `converged`: sections that the probe printed on a real guest, by name
 * @param latencyMs of a round trip; half of it in each direction
 * @returns where it listens, its key, and what came to pass
 */
export async function simulateGuests({ answers, latencyMs }) {
  const hostKey = utils.generateKeyPairSync('ed25519');
  const guests = new Map();
  const seen = { connections: 0, channels: 0, open: 0, mostOpen: 0 };
  const guestOf = (name) => {
    if (!guests.has(name)) guests.set(name, { converges: 0, connections: 0 });
    return guests.get(name);
  };

  const server = new Server({ hostKeys: [hostKey.private] }, (client) => {
    let name = '';
    seen.connections += 1;
    seen.open += 1;
    seen.mostOpen = Math.max(seen.mostOpen, seen.open);
    client.on('authentication', (attempt) => {
      if (attempt.method !== 'publickey') return attempt.reject(['publickey']);
      name = attempt.username;
      attempt.accept();
    });
    client.on('ready', () => {
      guestOf(name).connections += 1;
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec) => {
          seen.channels += 1;
          serve(acceptExec(), guestOf(name), answers);
        });
      });
    });
    client.on('close', () => (seen.open -= 1));
    // A client that goes away in the middle is its own affair.
    client.on('error', () => {});
  });
  const listener = net.createServer((socket) =>
    server.injectSocket(latencyMs > 0 ? delayed(socket, latencyMs / 2) : socket),
  );
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  return {
    port,
    hostKey: hostKey.public,
    seen,
    guests,
    close: () => new Promise((resolve) => listener.close(resolve)),
  };
}

/** One channel with a `sh -s`: answers when the whole script has come, which its last line tells. */
function serve(channel, guest, answers) {
  let script = '';
  channel.on('data', (chunk) => {
    script += chunk;
    if (!script.endsWith('\nexit\n}\n')) return;
    const nonce = /^printf '\\n(?<nonce>\w+) begin\\n'$/mu.exec(script).groups.nonce;
    const sections = script.includes("\neval 'JOB=")
      ? carriedOut(script, guest)
      : guest.converges > 0
        ? answers.converged
        : answers.fresh;
    const body = Object.entries(sections).map(([section, text]) => `\n${nonce} section ${section}\n${text}`);
    channel.write(`\n${nonce} begin\n${body.join('')}\n${nonce} end 0\n`);
    channel.exit(0);
    channel.end();
  });
}

/** The log of a converge that went well, step by step. */
function carriedOut(script, guest) {
  guest.converges += 1;
  const steps = [...script.matchAll(/^step (?:'\\'')?(?<id>[^'\n]+)/gmu)].map(({ groups }) => groups.id);
  const lines = ['@ checked', ...steps.flatMap((id) => [`@ start ${id}`, `@ done ${id}`]), '@ finished'];
  return { log: `${lines.join('\n')}\n`, result: 'exit 0\n' };
}

/** A socket whose bytes take their time, in both directions; they keep their order and their pace. */
function delayed(socket, delayMs) {
  const later = (act) => setTimeout(act, delayMs);
  const line = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      later(() => socket.writable && socket.write(chunk));
      done();
    },
    final(done) {
      later(() => socket.end());
      done();
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => later(() => line.push(chunk)));
  socket.on('end', () => later(() => line.push(null)));
  socket.on('close', () => later(() => line.destroy()));
  socket.on('error', () => line.destroy());
  line.setNoDelay = () => line;
  line.setTimeout = () => line;
  line.remoteAddress = socket.remoteAddress;
  line.remotePort = socket.remotePort;
  socket.setNoDelay(true);
  return line;
}

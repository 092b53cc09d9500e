// Stands in front of a guest's sshd: makes the line slow, or cuts it. Arguments: HOST PORT TARGET_PORT DELAY_MS DROP_BYTES.
import net from 'node:net';

const [host, port, target, delay, drop] = process.argv.slice(2);
const DELAY = Number(delay);
const DROP = Number(drop) || Infinity;

net
  .createServer({ noDelay: true }, (client) => {
    const server = net.connect({ host, port: Number(target), noDelay: true, localAddress: host });
    let passed = 0;
    const cut = () => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    const carry = (from, to) => {
      from.on('data', (chunk) => {
        passed += chunk.length;
        // Bytes up to the limit still arrive, as they would on a line that breaks.
        if (passed > DROP) {
          to.write(chunk.subarray(0, Math.max(0, chunk.length - (passed - DROP))), cut);
          return;
        }
        // Timers of one length fire in the order in which they were set, so bytes stay in order.
        later(() => to.writable && to.write(chunk));
      });
      from.on('end', () => later(() => to.end()));
      from.on('error', cut);
    };
    carry(client, server);
    carry(server, client);
  })
  .listen(Number(port), host);

function later(action) {
  if (DELAY === 0) action();
  else setTimeout(action, DELAY);
}

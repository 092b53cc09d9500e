// Loaded into the client with --import: for how long its event loop was away. What comes before the first connection, reading a
// thousand guests from a file, is told apart from what keeps guests waiting.
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { performance } from 'node:perf_hooks';

const EVERY_MS = 2;
let startUp = 0;
let connectedAt = Infinity;
const gaps = [];
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  connectedAt = Math.min(connectedAt, performance.now());
  return connect.apply(this, args);
};
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  const gap = Math.max(0, now - last - EVERY_MS);
  if (last >= connectedAt) gaps.push(gap);
  else startUp = Math.max(startUp, gap);
  last = now;
}, EVERY_MS).unref();
process.on('exit', () => {
  gaps.sort((a, b) => a - b);
  const p99 = gaps[Math.floor(gaps.length * 0.99)] ?? 0;
  writeFileSync(process.env.LOOP_DELAY, JSON.stringify({ startUp, max: gaps.at(-1) ?? 0, p99 }));
});

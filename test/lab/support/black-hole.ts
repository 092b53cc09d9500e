import { createConnection, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export interface BlackHole {
  readonly port: number;
  close(): Promise<void>;
}

/** A server that listens and never takes a connection: once the kernel's queue for it is full, packets are dropped. */
const SERVER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** A port of this machine that answers nothing at all, as one behind a firewall that drops packets. */
export async function blackHole(): Promise<BlackHole> {
  const worker = new Worker(SERVER, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const fillers: Socket[] = [];
  // The queue is full once a connection is not made any more.
  for (let isFull = false; !isFull;) {
    const filler = createConnection(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(filler);
    isFull = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 1000);
      filler.once('connect', () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
  }
  return {
    port,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

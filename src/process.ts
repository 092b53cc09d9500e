import { setMaxListeners } from 'node:events';

import { buildProgram } from './cli/program.ts';

/** argv in, exit code out. The only place that ends the process. */
const stop = new AbortController();
const leave = new AbortController();
// Every guest of a run may be waiting for them.
setMaxListeners(0, stop.signal, leave.signal);
let interrupts = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupts += 1;
    // The first begins no guest any more and lets those finish that are being changed; the second leaves them, and their
    // jobs go on by themselves; the third is for when even that hangs.
    if (interrupts === 1) stop.abort();
    else if (interrupts === 2) leaveNow();
    else process.exit(130);
  });
}
/** Whatever does not listen is left as well. */
const LEAVE_MS = 5000;
function leaveNow(): void {
  leave.abort();
  setTimeout(() => process.exit(130), LEAVE_MS).unref();
}
/** Connections to guests that were given up may take their time to end; nobody waits for them. */
const LINGER_MS = 500;

// A reader that goes away (`| head`) is no defect of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

void (async () => {
  try {
    process.exitCode = await buildProgram(stop.signal, leave.signal).run(process.argv.slice(2));
  } catch (error) {
    const { printError } = await import('./cli/print-error.ts');
    process.exitCode = printError(error);
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
})();

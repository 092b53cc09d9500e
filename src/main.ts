#!/usr/bin/env node
import { setMaxListeners } from 'node:events';

import { buildProgram } from './cli/program.ts';

/** argv in, exit code out. The only place that ends the process. */
const interrupt = new AbortController();
// Every guest of a run may be waiting for it.
setMaxListeners(0, interrupt.signal);
let interrupts = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupts += 1;
    // The first lets guests that are being changed finish; the second leaves at once: their jobs go on by themselves.
    if (interrupts > 1) process.exit(130);
    interrupt.abort();
  });
}
// A reader that goes away (`| head`) is no defect of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  process.exitCode = await buildProgram(interrupt.signal).run(process.argv.slice(2));
} catch (error) {
  const { printError } = await import('./cli/print-error.ts');
  process.exitCode = printError(error);
}

import { createReporter } from '../../../src/report/reporter.ts';
import { fleetEvents } from './fleet-events.ts';

/**
 * A run on this process's own terminal, fifteen times as fast as it would be. What the argument names happens in the
 * middle of it: `throw` a defect, `exit` the second Ctrl-C, `foreign` somebody else who writes to the terminal.
 */
const what = process.argv[2];
const reporter = createReporter({
  mode: 'terminal',
  stdout: process.stdout,
  stderr: process.stderr,
  color: true,
  tty: true,
  verbosity: what === 'verbose' ? 1 : 0,
  command: 'apply',
});
const events = fleetEvents(60, 20, { lines: what === 'verbose' ? 3 : 0 });
for (const [at, event] of events) setTimeout(() => reporter.emit(event), at / 8);
const middle = (events.at(-1)?.[0] ?? 0) / 16;

process.on('SIGINT', () => {
  process.stderr.write('stopping: running guests are finished\n');
});
setTimeout(() => {
  if (what === 'throw') throw new Error('a defect');
  if (what === 'exit') process.exit(130);
  if (what === 'foreign') process.kill(process.pid, 'SIGINT');
}, middle);

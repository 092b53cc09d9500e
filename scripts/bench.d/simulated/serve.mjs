// The simulated guests as a process: their CPU is not the client's.
import { simulateGuests } from './guests.mjs';

let simulated;
process.on('message', async ({ answers }) => {
  if (simulated === undefined) {
    simulated = await simulateGuests({ answers, latencyMs: Number(process.argv[2]) });
    process.send({ port: simulated.port, hostKey: simulated.hostKey });
    return;
  }
  const all = [...simulated.guests.values()];
  process.send({
    converged: all.filter(({ converges }) => converges > 0).length,
    twice: all.filter(({ converges }) => converges > 1).length,
    ...simulated.seen,
  });
});
process.on('disconnect', () => process.exit());

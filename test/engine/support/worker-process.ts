import { GuestWorker } from '../../../src/engine/worker.ts';
import { link, VERSION } from './rollout.ts';

/** A worker as a process of its own, to be killed: it takes guests and never comes to an end with any. */
const on = await link(process.argv[2] ?? '');
const forever = (): Promise<never> => new Promise(() => undefined);
await new GuestWorker(on, {
  version: VERSION,
  forks: 10,
  only: [],
  perform: {
    change: ({ guest, fence }) => {
      process.stdout.write(`took ${guest.name} ${fence.token}\n`);
      return forever();
    },
    check: forever,
  },
  note: () => undefined,
}).start();

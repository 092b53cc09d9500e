import { setTimeout as delay } from 'node:timers/promises';

import { openEngine } from '../engine/link.ts';
import { GuestWorker } from '../engine/worker.ts';
import { RunAccess } from '../guest/run-access.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { requiredEngineFrom } from './engine-flags.ts';
import { countFlag, listFlag, textFlag } from './flags.ts';
import { accessOptions } from './guests.ts';
import { noteFor } from './output.ts';
import type { Run } from './program.ts';
import { VERSION } from './version.ts';
import { GuestPerformer } from './worker-perform.ts';

const DEFAULT_FORKS = 100;
/** To give guests that are let go of back to the queue; what is not given back is found out there, later. */
const LET_GO_MS = 2000;

/**
 * `provision worker --engine URL`: does what runs in that queue ask for, with the keys and passwords of this machine, until
 * it is told to stop. The first Ctrl-C (or SIGTERM) takes no new guest and finishes those that it has; the second lets go of
 * them, and another worker goes on.
 */
export const run: Run = async ({ flags, stopping, leaving }) => {
  const address = requiredEngineFrom(flags);
  const forks = countFlag(flags, 'forks', DEFAULT_FORKS);
  const note = noteFor(flags);
  const access = new RunAccess(await accessOptions(flags));
  const link = await openEngine(address, { name: 'provision-worker', signal: stopping, note });
  const perform = new GuestPerformer(access, loadKnowledge(), textFlag(flags, 'privateKey'));
  const worker = new GuestWorker(link, { version: VERSION, forks, only: listFlag(flags, 'via'), perform, note });
  try {
    await worker.start();
    note(`takes work, ${forks} ${forks === 1 ? 'guest' : 'guests'} at a time`);
    await aborted(stopping);
    const { active } = worker;
    note(`takes no new guest${active === 0 ? '' : `; ${active} to finish (once more to let go of them)`}`);
    const stopped = worker.stop();
    const left = aborted(leaving).then(() => {
      worker.abandon();
      return Promise.race([stopped, delay(LET_GO_MS, undefined, { ref: false })]);
    });
    await Promise.race([stopped, left]);
    return leaving.aborted ? 130 : 0;
  } finally {
    await access.close();
    await link.close();
  }
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

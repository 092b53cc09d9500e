import { openEngine, type EngineLink } from '../engine/link.ts';
import type { QueueRun } from '../engine/queue-run.ts';
import { loadRun, runsKnown } from '../engine/run-store.ts';
import { ProvisionError } from '../errors.ts';
import { controlRun } from './control-run.ts';
import { requiredEngineFrom } from './engine-flags.ts';
import { noteFor, reporterFor } from './output.ts';
import type { Run } from './program.ts';
import { VERSION } from './version.ts';

/**
 * `provision runs attach [ID] --engine URL`: shows a run of the queue from its beginning, whoever began it, and goes on with
 * it when its controller is gone. `--follow` only shows.
 */
export const run: Run = async (invocation) => {
  const { args, flags, stopping } = invocation;
  const [named, ...more] = args;
  if (more.length > 0) throw new ProvisionError('E_USAGE', 'runs attach takes one run');
  const address = requiredEngineFrom(flags);
  const note = noteFor(flags);
  const link = await openEngine(address, { name: 'provision-attach', signal: stopping, note });
  try {
    const queueRun = await loadRun(link.client, named ?? (await newest(link)));
    const { id, command, by, version, startedAt } = queueRun.head;
    note(`run ${id}: ${command} by ${by}, begun ${startedAt}`);
    const takesOver = flags['follow'] !== true && sameVersion(queueRun, note, version);
    const reporter = reporterFor(flags, { command, dryRun: queueRun.request.dryRun });
    return await controlRun(link, queueRun, { invocation, reporter, journal: null, note, takesOver });
  } finally {
    await link.close();
  }
};

async function newest({ client }: EngineLink): Promise<string> {
  const id = (await runsKnown(client)).at(-1);
  if (id === undefined)
    throw new ProvisionError('E_ENGINE', 'the queue knows no run', { hint: 'provision apply --engine URL begins one' });
  return id;
}

/** Another version might decide otherwise. */
function sameVersion({ head }: QueueRun, note: (text: string) => void, version: string): boolean {
  if (version === VERSION) return true;
  note(`run ${head.id} is of provision ${version}, and this is ${VERSION}: it is shown, and not gone on with`);
  return false;
}

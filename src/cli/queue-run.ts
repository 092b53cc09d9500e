import { createHash } from 'node:crypto';

import { BASTION_PER_SECOND, queueFor, registerQueues, type QueueSpec } from '../engine/queues.ts';
import { openEngine } from '../engine/link.ts';
import {
  QUEUE_COMMANDS,
  travelling,
  type GuestRequest,
  type QueueCommand,
  type QueueRun,
} from '../engine/queue-run.ts';
import type { EngineAddress } from '../engine/redis/address.ts';
import { saveRun } from '../engine/run-store.ts';
import { serverMs } from '../engine/server-clock.ts';
import { ProvisionError } from '../errors.ts';
import type { DesiredState } from '../profile/desired.ts';
import { attachCommand, controlRun } from './control-run.ts';
import { countFlag, durationFlag } from './flags.ts';
import { DEFAULT_TIMEOUT_MS } from './guests.ts';
import { beginJournal, newRunId } from './journal.ts';
import { operator } from './operator.ts';
import { noteFor, reporterFor } from './output.ts';
import type { Flags, Invocation } from './program.ts';
import { REBOOT_MS } from './reboots.ts';
import { plainStrategy, scheduleOf, strategyFrom, type Strategy } from './rollout-flags.ts';
import type { GuestsRun } from './run-guests.ts';
import { VERSION } from './version.ts';

/** Guests handed over at a time: how many are worked on is for the workers to say. */
const HANDED_OVER = 1000;

/**
 * Has a command's guests done by workers, and reports what they do.
 * @throws ProvisionError E_USAGE for what cannot be done that way, and what `openEngine` throws; nothing was touched then
 */
export async function runOnQueue(run: GuestsRun, address: EngineAddress, invocation: Invocation): Promise<number> {
  const { flags } = invocation;
  const dryRun = run.dryRun === true;
  const command = QUEUE_COMMANDS.find((name) => name === run.command);
  if (run.queued === undefined || command === undefined)
    throw new ProvisionError('E_USAGE', 'a saved plan is carried out from here: leave --engine out');
  const here = run.guests.find(({ transport }) => transport === 'local');
  if (here !== undefined)
    throw new ProvisionError('E_USAGE', `${here.name} is this machine, and a worker may be another: leave it out`);
  const strategy = dryRun ? plainStrategy(flags) : strategyFrom(flags);
  const note = noteFor(flags);
  sayWhatIsOfWorkers(flags, note);
  const link = await openEngine(address, { name: 'provision-controller', signal: invocation.stopping, note });
  try {
    const now = new Date(await serverMs(link.client));
    const specs = new Map<string, QueueSpec>();
    const queueRun = makeRun(run, command, strategy, { now, flags, specs });
    const { id } = queueRun.head;
    // Before the run is there for others to go on with.
    const journal = run.journal === undefined || dryRun ? null : beginJournal({ ...run, id }, run.journal, invocation);
    await registerQueues(link.client, [...specs.values()]);
    await saveRun(link.client, queueRun);
    note(`run ${id}; from any machine: ${attachCommand(id, link)}`);
    const reporter = reporterFor(flags, {
      command: run.command,
      dryRun,
      ...(run.next === undefined ? {} : { next: run.next }),
      ...(run.reboot === undefined ? {} : { reboot: run.reboot }),
    });
    return await controlRun(link, queueRun, { invocation, reporter, journal, note, takesOver: true });
  } finally {
    await link.close();
  }
}

interface Circumstances {
  readonly now: Date;
  readonly flags: Flags;
  /** The queues that the run goes through, filled here. */
  readonly specs: Map<string, QueueSpec>;
}

function makeRun(
  run: GuestsRun,
  command: QueueCommand,
  strategy: Strategy,
  { now, flags, specs }: Circumstances,
): QueueRun {
  const { profile, guests, queued, dryRun } = run;
  const desired = new Map<string, DesiredState>();
  const digests = new Map<DesiredState, string>();
  const perSecond = countFlag(flags, 'handshakes', BASTION_PER_SECOND);
  const forks = countFlag(flags, 'forks', HANDED_OVER);
  return {
    head: {
      id: newRunId(now),
      command,
      ...(profile === undefined ? {} : { profile }),
      by: operator(),
      version: VERSION,
      startedAt: now.toISOString(),
    },
    request: requestOf(command, strategy, dryRun === true, flags),
    schedule: { ...scheduleOf({ ...strategy, forks }, guests), recalls: true },
    gate: strategy.gate,
    guests: guests.map((guest) => {
      const spec = queueFor(guest, { version: VERSION, perSecond, usedAt: now.toISOString() });
      specs.set(spec.name, spec);
      const state = queued?.resolve?.(guest);
      return {
        guest: travelling(guest),
        desired: state === undefined ? null : digestOf(state, digests, desired),
        queue: spec.name,
      };
    }),
    desired,
  };
}

function requestOf(command: QueueCommand, strategy: Strategy, dryRun: boolean, flags: Flags): GuestRequest {
  return {
    command,
    dryRun,
    adopt: flags['adopt'] === true,
    purge: flags['purge'] === true,
    rebootMs: flags['reboot'] === true ? durationFlag(flags, 'reboot-timeout', REBOOT_MS) : null,
    waits: dryRun || flags['wait'] === true,
    deadlines: strategy.deadlines,
    probeMs: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS),
  };
}

/** Most guests of a fleet are to become the same: that is told once. */
function digestOf(state: DesiredState, digests: Map<DesiredState, string>, desired: Map<string, DesiredState>): string {
  const known = digests.get(state);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 16);
  digests.set(state, digest);
  desired.set(digest, state);
  return digest;
}

/** What only a worker can do something with. */
const OF_WORKERS = [
  ['askBecomePass', '-K'],
  ['askPass', '-k'],
  ['privateKey', '--private-key'],
  ['acceptNew', '--accept-new'],
] as const;

/** Workers reach guests by keys and passwords of their own. */
function sayWhatIsOfWorkers(flags: Flags, note: (text: string) => void): void {
  const given = OF_WORKERS.flatMap(([name, flag]) => (flags[name] === undefined ? [] : [flag]));
  if (given.length > 0)
    note(`not used here: ${given.join(', ')}; give it to the workers: provision worker ${given[0]}`);
}

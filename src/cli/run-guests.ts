import { randomBytes } from 'node:crypto';

import type { Event } from '../events.ts';
import { closeAccess } from '../guest/access.ts';
import { openSession } from '../guest/session.ts';
import type { Guest } from '../inventory/guest.ts';
import type { DesiredState } from '../profile/desired.ts';
import { exitCodeFor } from '../report/exit-code.ts';
import { runFleet, type FleetRun, type Work } from '../rollout/fleet.ts';
import { LocalEngine } from '../rollout/local-engine.ts';
import { engineAddressFrom } from './engine-flags.ts';
import { durationFlag } from './flags.ts';
import { accessFor, DEFAULT_TIMEOUT_MS } from './guests.ts';
import { beginJournal, type Journaled } from './journal.ts';
import { clientOf } from './operator.ts';
import { reporterFor } from './output.ts';
import type { Shipped } from './planners.ts';
import type { Invocation } from './program.ts';
import { plainStrategy, scheduleOf, strategyFrom } from './rollout-flags.ts';

/** A converge may download and unpack a lot; what bounds it is that it ends, not that it is fast. */
export const CONVERGE_MS = 60 * 60_000;
export const RECONNECT_MS = 5 * 60_000;

export interface GuestsRun {
  readonly command: string;
  readonly profile?: string;
  readonly guests: readonly Guest[];
  readonly shipped: Shipped;
  readonly work: Work;
  /** For commands that go through the fleet in batches: what the gate looks at a guest with. */
  readonly check?: Work;
  /** For commands that change guests: their runs are written down. */
  readonly journal?: Journaled;
  readonly dryRun?: boolean;
  /** For commands that workers can do as well: what each guest is to become, when that is not in its own record. */
  readonly queued?: { readonly resolve?: (guest: Guest) => DesiredState };
  /** Tells of all guests together, once they have all ended. */
  readonly conclude?: (tell: (event: Event) => void) => void;
  /** The command that the summary suggests. */
  readonly next?: string;
  /** The command that does a reboot which is pending. */
  readonly reboot?: string;
}

/** Runs one command over its guests and reports it; answers with the exit code. */
export async function runGuests(run: GuestsRun, invocation: Invocation): Promise<number> {
  const { flags, stopping, leaving } = invocation;
  const engine = engineAddressFrom(flags);
  if (engine !== undefined) return (await import('./queue-run.ts')).runOnQueue(run, engine, invocation);
  const { command, guests, shipped, work } = run;
  const dryRun = run.dryRun === true;
  // A dry-run shows all that there is to show: it spares no guest, and has nothing to wait for.
  const strategy = run.check === undefined || dryRun ? plainStrategy(flags) : strategyFrom(flags);
  const access = await accessFor(flags);
  const journal = run.journal === undefined || dryRun ? null : beginJournal(run, run.journal, invocation);
  const reporter = reporterFor(flags, {
    command,
    dryRun,
    ...(run.next === undefined ? {} : { next: run.next }),
    ...(run.reboot === undefined ? {} : { reboot: run.reboot }),
  });
  const exitCode = exitCodes(invocation, dryRun);
  try {
    const emit = (event: Event): void => {
      if (event.kind === 'run.finished') run.conclude?.((told) => reporter.emit(told));
      journal?.record(event);
      reporter.emit(event);
    };
    const guestRun = {
      emit,
      stopping,
      leaving,
      deadlines: strategy.deadlines,
      means: {
        open: (guest: Guest) => openSession(guest, access),
        templates: shipped.templates,
        client: clientOf({
          command,
          run: journal?.id,
          family: invocation.resumed?.family ?? [],
          // Commands that change nothing are written down nowhere.
          waits: run.journal === undefined || dryRun || flags['wait'] === true,
        }),
        runId: randomBytes(3).toString('hex'),
        timeouts: {
          probe: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS),
          converge: CONVERGE_MS,
          reconnect: RECONNECT_MS,
        },
      },
    };
    const gate = { verify: strategy.gate.verify ? (run.check ?? null) : null, command: strategy.gate.command };
    const schedule = scheduleOf(strategy, guests);
    return await runFleet(
      {
        command,
        ...(run.profile === undefined ? {} : { profile: run.profile }),
        guests: guests.map(({ name }) => name),
        schedule,
        emit,
        stopping,
        exitCode,
      },
      (listener) => new LocalEngine(guestRun, { guests, work, gate, forks: schedule.forks }, listener),
    );
  } finally {
    await closeAccess(access);
    reporter.finish();
    await journal?.close();
  }
}

/** What a run ends with, as its guests have ended. */
export function exitCodes(
  { flags, stopping }: Invocation,
  dryRun: boolean,
  wasInterrupted: () => boolean = () => false,
): FleetRun['exitCode'] {
  const detailedExitcode = flags['detailedExitcode'] === true;
  return (outcomes) =>
    exitCodeFor(outcomes, { dryRun, detailedExitcode, interrupted: stopping.aborted || wasInterrupted() });
}

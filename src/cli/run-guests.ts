import { randomBytes } from 'node:crypto';

import type { Event, Outcome } from '../events.ts';
import { closeAccess } from '../guest/access.ts';
import { openSession } from '../guest/session.ts';
import type { Guest } from '../inventory/guest.ts';
import { exitCodeFor } from '../report/exit-code.ts';
import { runFleet, type Work } from '../rollout/fleet.ts';
import { durationFlag } from './flags.ts';
import { accessFor, DEFAULT_TIMEOUT_MS } from './guests.ts';
import { beginJournal, type Journaled } from './journal.ts';
import { operator } from './operator.ts';
import { reporterFor } from './output.ts';
import type { Shipped } from './planners.ts';
import type { Invocation } from './program.ts';
import { plainStrategy, scheduleOf, strategyFrom } from './rollout-flags.ts';

/** A converge may download and unpack a lot; what bounds it is that it ends, not that it is fast. */
const CONVERGE_MS = 60 * 60_000;
const RECONNECT_MS = 5 * 60_000;

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
  /** The command that the summary suggests. */
  readonly next?: string;
  /** The command that does a reboot which is pending. */
  readonly reboot?: string;
  /** What is to be told of all guests together once the last one has ended. */
  readonly closing?: () => readonly Event[];
}

/** Runs one command over its guests and reports it; answers with the exit code. */
export async function runGuests(run: GuestsRun, invocation: Invocation): Promise<number> {
  const { flags, stopping, leaving } = invocation;
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
  const exitCode = (outcomes: Readonly<Partial<Record<Outcome, number>>>): number =>
    exitCodeFor(outcomes, {
      dryRun,
      detailedExitcode: flags['detailedExitcode'] === true,
      interrupted: stopping.aborted,
    });
  try {
    return await runFleet(
      {
        command,
        ...(run.profile === undefined ? {} : { profile: run.profile }),
        guests,
        schedule: scheduleOf(strategy, guests),
        gate: { verify: strategy.gate.verify ? (run.check ?? null) : null, command: strategy.gate.command },
        deadlines: strategy.deadlines,
        emit: (event) => {
          if (event.kind === 'run.finished') for (const last of run.closing?.() ?? []) reporter.emit(last);
          journal?.record(event);
          reporter.emit(event);
        },
        stopping,
        leaving,
        exitCode,
        means: {
          open: (guest) => openSession(guest, access),
          templates: shipped.templates,
          owner: `${operator()} (provision ${command})`,
          runId: randomBytes(3).toString('hex'),
          timeouts: {
            probe: durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS),
            converge: CONVERGE_MS,
            reconnect: RECONNECT_MS,
          },
        },
      },
      work,
    );
  } finally {
    await closeAccess(access);
    reporter.finish();
    await journal?.close();
  }
}

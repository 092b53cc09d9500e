import type { EngineLink } from '../engine/link.ts';
import { formatEngineUrl } from '../engine/redis/address.ts';
import { QueueEngine } from '../engine/queue-engine.ts';
import type { QueueRun } from '../engine/queue-run.ts';
import type { Event } from '../events.ts';
import type { Journal } from '../journal/journal.ts';
import type { Reporter } from '../report/reporter.ts';
import { runFleet } from '../rollout/fleet.ts';
import { INTERRUPTED } from '../rollout/strategy/next.ts';
import { quote } from '../shell.ts';
import type { Invocation } from './program.ts';
import { exitCodes } from './run-guests.ts';

export interface Control {
  readonly invocation: Invocation;
  readonly reporter: Reporter;
  readonly journal: Journal | null;
  readonly note: (text: string) => void;
  /** Goes on with the run when its controller is gone; without it, only shows what happens. */
  readonly takesOver: boolean;
}

/** Follows a run of the queue from its beginning to its end, and controls it when nobody else does. */
export async function controlRun(link: EngineLink, run: QueueRun, control: Control): Promise<number> {
  const { invocation, reporter, journal, note, takesOver } = control;
  const { head, request, schedule, guests } = run;
  const { stopping, leaving } = invocation;
  let interrupted = false;
  const emit = (event: Event): void => {
    // Also by somebody who controlled it before.
    interrupted ||= event.kind === 'rollout.stopped' && event.reason === INTERRUPTED;
    journal?.record(event);
    reporter.emit(event);
  };
  const signals = { stopping, leaving, deadlines: request.deadlines };
  try {
    return await runFleet(
      {
        command: head.command,
        ...(head.profile === undefined ? {} : { profile: head.profile }),
        guests: guests.map(({ guest }) => guest.name),
        schedule,
        emit,
        stopping,
        exitCode: exitCodes(invocation, request.dryRun, () => interrupted),
      },
      (listener) => new QueueEngine(link, run, { takesOver, emit, note, signals }, listener),
    );
  } finally {
    reporter.finish();
    await journal?.close();
    if (leaving.aborted) note(`the workers go on with what they have; to see it end: ${attachCommand(head.id, link)}`);
  }
}

/** The command that follows a run from any machine. */
export function attachCommand(id: string, { address }: Pick<EngineLink, 'address'>): string {
  return `provision runs attach ${id} --engine ${quote(formatEngineUrl(address))}`;
}

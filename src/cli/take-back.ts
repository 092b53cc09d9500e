import { converge, showPlan, verify } from '../rollout/work.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { chooseGuests } from './guests.ts';
import { nextCommand, rebootCommand } from './next-command.ts';
import { FROM_RECORD, recordPlanner, type FromRecord } from './planners.ts';
import type { Invocation, Run } from './program.ts';
import { rebootsFor } from './reboots.ts';
import { runGuests } from './run-guests.ts';

/** `provision arm [GUEST..]` */
export const arm: Run = (invocation) => fromRecord('arm', invocation);

/** `provision disarm [GUEST..]` */
export const disarm: Run = (invocation) => fromRecord('disarm', invocation);

/** `provision rollback [GUEST..] [--purge] [--reboot]` */
export const rollback: Run = (invocation) => fromRecord('rollback', invocation);

/** Commands that need no profile: the guest's own record says what to do. */
async function fromRecord(command: FromRecord, invocation: Invocation): Promise<number> {
  const { args, flags } = invocation;
  const dryRun = flags['dryRun'] === true;
  const guests = await chooseGuests(args, flags, dryRun ? undefined : command);
  const shipped = loadKnowledge();
  const planner = recordPlanner(shipped, FROM_RECORD[command](flags['purge'] === true));
  const work = dryRun ? showPlan(planner) : converge(planner, rebootsFor(flags, guests, shipped));
  const next = nextCommand(command, invocation);
  const reboot = rebootCommand(command, invocation);
  const check = verify(planner);
  return runGuests(
    { command, guests, shipped, work, check, journal: {}, dryRun, next, reboot, queued: {} },
    invocation,
  );
}

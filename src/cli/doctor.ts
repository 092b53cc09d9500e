import { dumpsScript } from '../crash/dumps/script.ts';
import { doctorWork } from '../investigate/doctor/work.ts';
import { guestTemplate } from '../plan/guest-template.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import type { Run } from './command-spec.ts';
import { durationFlag } from './flags.ts';
import { chooseGuests, DEFAULT_TIMEOUT_MS } from './guests.ts';
import { factsPlanner } from './planners.ts';
import { runGuests } from './run-guests.ts';

/** `provision doctor GUEST..`: can it be debugged, and what mends it where not. */
export const run: Run = async (invocation) => {
  const guests = await chooseGuests(invocation.args, invocation.flags);
  const shipped = loadKnowledge();
  const work = doctorWork({
    planner: factsPlanner(shipped),
    script: guestTemplate(shipped.templates, 'doctor.sh'),
    dumpsScript: dumpsScript(guestTemplate(shipped.templates, 'dumps.sh')),
    distributions: shipped.distributions,
    timeoutMs: durationFlag(invocation.flags, 'timeout', DEFAULT_TIMEOUT_MS),
  });
  return runGuests({ command: 'doctor', guests, shipped, work }, invocation);
};

import { readFacts } from '../rollout/work.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { chooseGuests } from './guests.ts';
import { factsPlanner } from './planners.ts';
import type { Run } from './program.ts';
import { runGuests } from './run-guests.ts';

/** `provision facts [GUEST..]`: what one probe reads. */
export const run: Run = async (invocation) => {
  const guests = await chooseGuests(invocation.args, invocation.flags);
  const shipped = loadKnowledge();
  return runGuests({ command: 'facts', guests, shipped, work: readFacts(factsPlanner(shipped)) }, invocation);
};

import { fetchEvidence } from '../../investigate/evidence/fetch.ts';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import type { Run } from '../command-spec.ts';
import { textFlag } from '../flags.ts';
import { chooseGuests } from '../guests.ts';
import { runGuests } from '../run-guests.ts';
import { choiceOf, lookOf, patienceOf } from './flags.ts';

/** `provision evidence fetch [GUEST..]`: `--latest`, `--all` or `--entry NAME`; `--to`. */
export const run: Run = async (invocation) => {
  const { args, flags, stopping } = invocation;
  const choice = choiceOf(flags);
  const guests = await chooseGuests(args, flags);
  const shipped = loadKnowledge();
  const work = fetchEvidence({
    look: lookOf(flags, shipped.templates),
    choice,
    to: textFlag(flags, 'to') ?? 'evidence',
    templates: shipped.templates,
    limit: undefined,
    stopping,
    reconnectMs: patienceOf(flags),
  });
  return runGuests({ command: 'evidence fetch', guests, shipped, work }, invocation);
};

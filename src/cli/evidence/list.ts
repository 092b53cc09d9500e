import { listEvidence } from '../../investigate/evidence/look.ts';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import type { Run } from '../command-spec.ts';
import { chooseGuests } from '../guests.ts';
import { runGuests } from '../run-guests.ts';
import { lookOf } from './flags.ts';

/** `provision evidence list [GUEST..]` */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  const guests = await chooseGuests(args, flags);
  const shipped = loadKnowledge();
  const work = listEvidence(lookOf(flags, shipped.templates));
  return runGuests({ command: 'evidence list', guests, shipped, work }, invocation);
};

import type { Guest } from '../inventory/guest.ts';
import type { DesiredState } from '../profile/desired.ts';
import { makeResolver } from '../profile/resolve.ts';
import type { Planner } from '../rollout/planner.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { loadProfile, type ProfileTexts } from '../shipped/profiles.ts';
import { listFlag, skipFlag } from './flags.ts';
import { profilePlanner, type Shipped } from './planners.ts';
import type { Flags } from './program.ts';

export interface ProfileRun {
  readonly planner: Planner;
  readonly resolve: (guest: Guest) => DesiredState;
  readonly shipped: Shipped;
  readonly profile: string;
  /** The profile's own files as they were read. */
  readonly texts: ProfileTexts;
}

/**
 * Everything that a command with a PROFILE argument needs. Every guest's desired state is resolved here, so that an error
 * in any override ends the command before a connection is made.
 * @throws ProvisionErrors E_PROFILE, E_INVENTORY
 */
export function prepareProfile(
  profile: string,
  guests: readonly Guest[],
  flags: Flags,
  texts: ProfileTexts = new Map(),
): ProfileRun {
  const shipped = loadKnowledge();
  const composed = loadProfile(profile, texts);
  const resolver = makeResolver(composed, {
    catalogue: shipped.sysctls,
    sets: listFlag(flags, 'set'),
    skip: skipFlag(flags),
  });
  const resolved = new Map<string, DesiredState>(guests.map((guest) => [guest.name, resolver(guest.vars)]));
  const resolve = (guest: Guest): DesiredState => resolved.get(guest.name) ?? resolver(guest.vars);
  const planner = profilePlanner(resolve, shipped, flags['adopt'] === true);
  return { planner, resolve, shipped, profile: composed.source.name, texts };
}

import { matchDistribution } from '../../../src/facts/distribution.ts';
import type { Facts } from '../../../src/facts/facts.ts';
import { kdumpReadiness } from '../../../src/facts/readiness.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { DesiredState } from '../../../src/profile/desired.ts';
import { resolveProfile } from '../../../src/profile/resolve.ts';
import { loadKnowledge } from '../../../src/shipped/catalogue.ts';
import { loadProfile } from '../../../src/shipped/profiles.ts';
import { composed } from '../../profile/support.ts';

/** The catalogue and the templates that are shipped. */
export const shipped = loadKnowledge();

export interface Wishes {
  readonly profile?: string;
  /** The body of a profile of one's own, called `mine`. */
  readonly body?: string;
  readonly sets?: readonly string[];
  readonly skip?: readonly string[];
}

export function desiredBy({ profile = 'debug-panic', body, sets = [], skip = [] }: Wishes = {}): DesiredState {
  const source = body === undefined ? loadProfile(profile) : composed(body);
  return resolveProfile(source, { catalogue: shipped.sysctls, sets, skip });
}

export interface Circumstances extends Wishes {
  readonly desired?: DesiredState;
  readonly adopt?: boolean;
  readonly guest?: string;
}

/** The plan for a guest, as `apply` makes it. */
export function planFor(facts: Facts, circumstances: Circumstances = {}): Plan {
  const { guest = 'vm1', adopt = false } = circumstances;
  const desired = circumstances.desired ?? desiredBy(circumstances);
  const distribution = matchDistribution(shipped.distributions, facts.os);
  // A probe concludes it from the rest; tests change the rest.
  const seen = { ...facts, readiness: kdumpReadiness(facts) };
  return makePlan({ guest, desired, facts: seen, distribution }, { ...shipped, adopt });
}

import type { Distribution } from '../facts/distribution.ts';
import { matchDistribution } from '../facts/distribution.ts';
import type { Facts } from '../facts/facts.ts';
import { probeScript } from '../facts/probe-script.ts';
import { packageQueries } from '../facts/wanted-packages.ts';
import type { Guest } from '../inventory/guest.ts';
import { planArm, planDisarm } from '../plan/arming.ts';
import type { Knowledge } from '../plan/context.ts';
import { guestTemplate } from '../plan/guest-template.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { ARM_UNIT } from '../plan/resources/gate.ts';
import { planRollback } from '../plan/rollback.ts';
import { WATCH_UNIT } from '../plan/resources/watch.ts';
import { DIRECTORIES_OF_INTEREST } from '../plan/state-after.ts';
import type { DesiredState } from '../profile/desired.ts';
import type { Planner } from '../rollout/planner.ts';

const UNITS = [ARM_UNIT, WATCH_UNIT, 'kdump-tools.service'];

export interface Shipped extends Omit<Knowledge, 'adopt'> {
  readonly distributions: readonly Distribution[];
}

type Wants = Pick<DesiredState, 'kdump' | 'crash' | 'trace' | 'match'> & { readonly keys: readonly string[] };

const NOTHING: Wants = { kdump: null, crash: null, trace: null, match: { drivers: [] }, keys: [] };

/** Plans towards a profile. Guests with the same desired state share one probe text. */
export function profilePlanner(resolve: (guest: Guest) => DesiredState, shipped: Shipped, adopt: boolean): Planner {
  const probes = new WeakMap<DesiredState, string>();
  const wantsOf = (desired: DesiredState): Wants => ({ ...desired, keys: desired.sysctls.map(({ key }) => key) });
  return {
    probe: (guest) => {
      const desired = resolve(guest);
      const known = probes.get(desired) ?? probeFor(wantsOf(desired), shipped);
      probes.set(desired, known);
      return known;
    },
    probeAgain: (guest, facts) => widerProbe(wantsOf(resolve(guest)), facts, shipped),
    plan: (guest, facts) => {
      const desired = resolve(guest);
      const { drivers } = desired.match;
      // A cloud kernel has no DRM at all: that is a refusal with a remedy, not a guest of another kind.
      const cloud = facts.kernel.release.includes('-cloud-');
      if (drivers.length > 0 && !cloud && !drivers.some((driver) => facts.drivers.includes(driver))) {
        return { skip: `${desired.profile} is for guests with ${drivers.join(' or ')}; this one has none` };
      }
      const distribution = matchDistribution(shipped.distributions, facts.os);
      return makePlan({ guest: guest.name, desired, facts, distribution }, { ...shipped, adopt });
    },
  };
}

/** Commands that need no profile: the guest's own record says what to do. */
export const FROM_RECORD = {
  arm: () => planArm,
  disarm: () => planDisarm,
  rollback: (purge: boolean) => (guest: string, facts: Facts) => planRollback(guest, facts, { purge }),
} satisfies Record<string, (purge: boolean) => (guest: string, facts: Facts) => Plan>;
export type FromRecord = keyof typeof FROM_RECORD;

export function recordPlanner(shipped: Shipped, plan: (guest: string, facts: Facts) => Plan): Planner {
  return {
    ...factsPlanner(shipped),
    plan: (guest, facts) => plan(guest.name, facts),
  };
}

/** Facts without a profile. */
export function factsPlanner(shipped: Shipped): Omit<Planner, 'plan'> {
  const probe = probeFor(NOTHING, shipped);
  return { probe: () => probe, probeAgain: (_guest, facts) => widerProbe(NOTHING, facts, shipped) };
}

/** Every key of the catalogue is read as well: reading one costs a guest next to nothing, and facts shows them. */
function probeFor(wants: Wants, shipped: Shipped): string {
  return probeScript(guestTemplate(shipped.templates, 'probe.sh'), {
    sysctls: [...new Set([...wants.keys, ...shipped.sysctls.keys()])],
    drivers: wants.match.drivers,
    packages: packageQueries(wants, shipped.distributions),
    directories: DIRECTORIES_OF_INTEREST,
    units: UNITS,
  });
}

function widerProbe(wants: Wants, facts: Facts, shipped: Shipped): string | null {
  const recorded = Object.keys((facts.pending ?? facts.state)?.before.sysctls ?? {});
  const unread = recorded.filter((key) => facts.sysctls[key] === undefined);
  return unread.length === 0 ? null : probeFor({ ...wants, keys: [...wants.keys, ...unread] }, shipped);
}

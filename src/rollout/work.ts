import type { Facts } from '../facts/facts.ts';
import type { Guest } from '../inventory/guest.ts';
import { countChanges, driftOf, isConverged, refusalsOf } from '../plan/drift.ts';
import type { Plan } from '../plan/plan.ts';
import type { Conversation } from './conversation.ts';
import type { Ended, Talk, Work } from './fleet.ts';
import { look, proven, refusedBy, settled, type Planner, type Seen } from './planner.ts';
import { goOn, type Reboots } from './reboot-stage.ts';

/** Reads the facts and nothing else. */
export function readFacts(planner: Omit<Planner, 'plan'>): Work {
  return async (conversation, talk) => {
    const facts = await look(planner, conversation, talk);
    talk.emit({ kind: 'guest.facts', guest: conversation.guest.name, facts });
    return { outcome: 'converged', changes: 0 };
  };
}

/** Makes the plan, shows it, changes nothing: dry-run, and `plan`. */
export function showPlan(planner: Planner, collect?: (plan: Plan) => void): Work {
  return planned(planner, ({ plan }, _conversation, talk) => {
    talk.emit({ kind: 'guest.plan', guest: plan.guest, plan, dryRun: true });
    collect?.(plan);
    if (!isConverged(plan)) return Promise.resolve({ outcome: 'planned', changes: countChanges(plan) });
    return Promise.resolve(settled(plan, 0));
  });
}

/** Compares only. */
export function verify(planner: Planner): Work {
  return planned(planner, ({ plan }, _conversation, talk) => {
    const drifts = driftOf(plan);
    talk.emit({ kind: 'guest.drift', guest: plan.guest, drifts, findings: plan.findings });
    if (drifts.some(({ kind }) => kind !== 'reboot')) return Promise.resolve({ outcome: 'drifted', changes: 0 });
    return Promise.resolve(settled(plan, 0));
  });
}

/**
 * Makes the plan and carries out that same object, then proves with a second look that nothing is left to do.
 * @param reboots given with `--reboot`: a pending reboot is done, and the gate is waited for
 */
export function converge(planner: Planner, reboots?: Reboots): Work {
  return planned(planner, async ({ plan, facts }, conversation, talk) => {
    talk.emit({ kind: 'guest.plan', guest: plan.guest, plan, dryRun: false });
    const refused = refusedBy(plan, 0);
    if (refused !== null) return refused;
    let done = { plan, facts, changes: 0 };
    if (!isConverged(plan)) {
      await conversation.carryOut(plan, talk.progress(0));
      done = { ...(await proven(planner, plan, conversation, talk)), changes: countChanges(plan) };
    }
    if (reboots === undefined) return settled(done.plan, done.changes);
    return goOn(planner, done, conversation, talk, reboots);
  });
}

/** Carries out a plan that was made and saved earlier; the guest refuses it when its facts have moved since. */
export function carryOutSaved(planner: Planner, saved: ReadonlyMap<string, Plan>, reboots?: Reboots): Work {
  return async (conversation, talk) => {
    const { guest } = conversation;
    const plan = saved.get(guest.name);
    if (plan === undefined) return { outcome: 'skipped', changes: 0, reason: 'the saved plan does not have it' };
    talk.emit({ kind: 'guest.plan', guest: guest.name, plan, dryRun: false });
    const facts = await look(planner, conversation, talk);
    const refusals = refusalsOf(plan);
    if (refusals.length > 0)
      return { outcome: 'refused', changes: 0, reason: refusals.map(({ text }) => text).join('; ') };
    const over = isConverged(plan) || facts.state?.planHash === plan.hash;
    const now = over ? doneAlready(planner, guest, facts) : null;
    if (isConverged(plan) || now !== null) {
      const done = { plan: now ?? plan, facts, changes: 0 };
      return reboots === undefined ? settled(done.plan, 0) : goOn(planner, done, conversation, talk, reboots);
    }
    await conversation.carryOut(plan, talk.progress(0));
    const changes = countChanges(plan);
    if (reboots === undefined) return settled(plan, changes);
    const seen = await proven(planner, plan, conversation, talk);
    return goOn(planner, { ...seen, changes }, conversation, talk, reboots);
  };
}

type OnPlan = (seen: Seen, conversation: Conversation, talk: Talk) => Promise<Ended>;

function planned(planner: Planner, then: OnPlan): Work {
  return async (conversation, talk) => {
    const { guest } = conversation;
    const facts = await look(planner, conversation, talk);
    const plan = planner.plan(guest, facts);
    if ('skip' in plan) return { outcome: 'skipped', changes: 0, reason: plan.skip };
    return then({ plan, facts }, conversation, talk);
  };
}

/** What is left of a plan that was carried out before; null when something has moved since. */
function doneAlready(planner: Planner, guest: Guest, facts: Facts): Plan | null {
  const now = planner.plan(guest, facts);
  return 'skip' in now || !isConverged(now) ? null : now;
}

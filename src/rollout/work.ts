import { ProvisionError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Guest } from '../inventory/guest.ts';
import { countChanges, driftOf, isConverged, isRebootPending, refusalsOf } from '../plan/drift.ts';
import type { Plan } from '../plan/plan.ts';
import type { Conversation } from './conversation.ts';
import type { Ended, Talk, Work } from './fleet.ts';

/** How plans are made for a guest, whatever the goal. */
export interface Planner {
  probe(guest: Guest): string;
  /** A wider probe when the guest's own record names settings that the first did not read; null when it named none. */
  probeAgain(guest: Guest, facts: Facts): string | null;
  /** A reason to leave the guest alone, or its plan. */
  plan(guest: Guest, facts: Facts): Plan | { readonly skip: string };
}

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
  return planned(planner, (plan, _conversation, talk) => {
    talk.emit({ kind: 'guest.plan', guest: plan.guest, plan, dryRun: true });
    collect?.(plan);
    if (!isConverged(plan)) return Promise.resolve({ outcome: 'planned', changes: countChanges(plan) });
    return Promise.resolve(settled(plan, 0));
  });
}

/** Compares only. */
export function verify(planner: Planner): Work {
  return planned(planner, (plan, _conversation, talk) => {
    const drifts = driftOf(plan);
    talk.emit({ kind: 'guest.drift', guest: plan.guest, drifts, findings: plan.findings });
    if (drifts.some(({ kind }) => kind !== 'reboot')) return Promise.resolve({ outcome: 'drifted', changes: 0 });
    return Promise.resolve(settled(plan, 0));
  });
}

/** Makes the plan and carries out that same object, then proves with a second look that nothing is left to do. */
export function converge(planner: Planner): Work {
  return planned(planner, async (plan, conversation, talk) => {
    talk.emit({ kind: 'guest.plan', guest: plan.guest, plan, dryRun: false });
    const refusals = refusalsOf(plan);
    if (refusals.length > 0 && !isConverged(plan)) {
      const reason = refusals.map(({ text, hint }) => (hint === undefined ? text : `${text} (${hint})`)).join('; ');
      return { outcome: 'refused', changes: 0, reason };
    }
    if (isConverged(plan)) return settled(plan, 0);
    await conversation.carryOut(plan, talk.progress(0));
    return settled(await proven(planner, plan, conversation, talk), countChanges(plan));
  });
}

/** Carries out a plan that was made and saved earlier; the guest refuses it when its facts have moved since. */
export function carryOutSaved(planner: Planner, saved: ReadonlyMap<string, Plan>): Work {
  return async (conversation, talk) => {
    const { guest } = conversation;
    const plan = saved.get(guest.name);
    if (plan === undefined) return { outcome: 'skipped', changes: 0, reason: 'the saved plan does not have it' };
    talk.emit({ kind: 'guest.plan', guest: guest.name, plan, dryRun: false });
    const facts = await look(planner, conversation, talk);
    const refusals = refusalsOf(plan);
    if (refusals.length > 0)
      return { outcome: 'refused', changes: 0, reason: refusals.map(({ text }) => text).join('; ') };
    if (isConverged(plan) || (facts.state?.planHash === plan.hash && isDone(planner, guest, facts))) {
      return settled(plan, 0);
    }
    await conversation.carryOut(plan, talk.progress(0));
    return settled(plan, countChanges(plan));
  };
}

type OnPlan = (plan: Plan, conversation: Conversation, talk: Talk) => Promise<Ended>;

function planned(planner: Planner, then: OnPlan): Work {
  return async (conversation, talk) => {
    const { guest } = conversation;
    const facts = await look(planner, conversation, talk);
    const plan = planner.plan(guest, facts);
    if ('skip' in plan) return { outcome: 'skipped', changes: 0, reason: plan.skip };
    return then(plan, conversation, talk);
  };
}

/** The plan was carried out before, and nothing has moved since. */
function isDone(planner: Planner, guest: Guest, facts: Facts): boolean {
  const now = planner.plan(guest, facts);
  return !('skip' in now) && isConverged(now);
}

async function look(planner: Omit<Planner, 'plan'>, conversation: Conversation, talk: Talk): Promise<Facts> {
  const progress = talk.progress(0);
  const facts = await conversation.probe(planner.probe(conversation.guest), progress);
  const wider = planner.probeAgain(conversation.guest, facts);
  return wider === null ? facts : conversation.probe(wider, progress);
}

async function proven(planner: Planner, done: Plan, conversation: Conversation, talk: Talk): Promise<Plan> {
  const facts = await look(planner, conversation, talk);
  const again = planner.plan(conversation.guest, facts);
  if ('skip' in again || isConverged(again)) return 'skip' in again ? done : again;
  const left = driftOf(again).map(({ subject, desired, actual }) => `${subject} (wanted ${desired}, is ${actual})`);
  throw new ProvisionError('E_READ_BACK', `done, and still different: ${left.join(', ')}`, {
    hint: 'something on the guest changes it back; -v shows what ran',
    where: { guest: conversation.guest.name },
  });
}

function settled(plan: Plan, changes: number): Ended {
  if (isRebootPending(plan)) return { outcome: 'reboot-pending', changes };
  return { outcome: changes > 0 ? 'changed' : 'converged', changes };
}

import { ProvisionError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Guest } from '../inventory/guest.ts';
import { driftOf, isConverged, refusalsOf } from '../plan/drift.ts';
import type { Plan } from '../plan/plan.ts';
import { rebootOf } from '../plan/reboot.ts';
import type { Conversation } from './conversation.ts';
import type { Ended, Talk } from './fleet.ts';

/** How plans are made for a guest, whatever the goal. */
export interface Planner {
  probe(guest: Guest): string;
  /** A wider probe when the guest's own record names settings that the first did not read; null when it named none. */
  probeAgain(guest: Guest, facts: Facts): string | null;
  /** A reason to leave the guest alone, or its plan. */
  plan(guest: Guest, facts: Facts): Plan | { readonly skip: string };
}

/** A plan, and the facts that it was made from. */
export interface Seen {
  readonly plan: Plan;
  readonly facts: Facts;
}

export async function look(
  planner: Omit<Planner, 'plan'>,
  conversation: Conversation,
  { progress }: Pick<Talk, 'progress'>,
): Promise<Facts> {
  const first = progress(0);
  const facts = await conversation.probe(planner.probe(conversation.guest), first);
  const wider = planner.probeAgain(conversation.guest, facts);
  return wider === null ? facts : conversation.probe(wider, first);
}

/** A second look: nothing may be left to do of a plan that was carried out. @throws ProvisionError E_READ_BACK */
export async function proven(planner: Planner, done: Plan, conversation: Conversation, talk: Talk): Promise<Seen> {
  const facts = await look(planner, conversation, talk);
  const again = planner.plan(conversation.guest, facts);
  if ('skip' in again) return { plan: done, facts };
  if (isConverged(again)) return { plan: again, facts };
  const left = driftOf(again).map(({ subject, desired, actual }) => `${subject} (wanted ${desired}, is ${actual})`);
  throw new ProvisionError('E_READ_BACK', `done, and still different: ${left.join(', ')}`, {
    hint: 'something on the guest changes it back; -v shows what ran',
    where: { guest: conversation.guest.name },
  });
}

/** How a guest ends that refuses its plan; null when it does not. */
export function refusedBy(plan: Plan, changes: number): Ended | null {
  const refusals = refusalsOf(plan);
  if (refusals.length === 0 || isConverged(plan)) return null;
  const reason = refusals.map(({ text, hint }) => (hint === undefined ? text : `${text} (${hint})`)).join('; ');
  return { outcome: 'refused', changes, reason };
}

export function settled(plan: Plan, changes: number): Ended {
  const reboot = rebootOf(plan);
  if (reboot !== undefined) return { outcome: 'reboot-pending', changes, reason: reboot.reason };
  return { outcome: changes > 0 ? 'changed' : 'converged', changes };
}

import { ProvisionError } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import { countChanges, isConverged } from '../plan/drift.ts';
import type { RebootStep } from '../plan/plan.ts';
import { rebootOf, whyStillPending } from '../plan/reboot.ts';
import type { Conversation } from './conversation.ts';
import type { Ended, Talk } from './fleet.ts';
import { look, proven, refusedBy, settled, type Planner, type Seen } from './planner.ts';

/** What comes after the changes of a plan, with `--reboot`. The room that can do it comes after this one. */
export interface Reboots {
  /**
   * Reboots a guest, and answers once the new boot is proven to be the one that was asked for.
   * @throws ProvisionError E_REBOOT, E_UNREACHABLE at the end of the patience, E_INTERRUPTED
   */
  reboot(conversation: Conversation, talk: Talk, step: RebootStep, before: Facts): Promise<void>;
  /**
   * Waits until the arm gate has armed; false when there was nothing to wait for.
   * @throws ProvisionError E_NOT_ARMED, E_INTERRUPTED
   */
  awaitGate(conversation: Conversation, talk: Talk, facts: Facts): Promise<boolean>;
}

/** Where a guest stands when its first plan is done. */
export interface Done extends Seen {
  readonly changes: number;
}

/**
 * Ends the stage with the reboot that is pending, once: looks again, makes a new plan from what it sees, carries out what
 * is left, and waits for the gate.
 */
export async function goOn(
  planner: Planner,
  done: Done,
  conversation: Conversation,
  talk: Talk,
  reboots: Reboots,
): Promise<Ended> {
  let { plan, facts, changes } = done;
  try {
    const step = rebootOf(plan);
    if (step !== undefined) {
      await reboots.reboot(conversation, talk, step, facts);
      ({ plan, facts } = await afterReboot(planner, step, conversation, talk));
      const refused = refusedBy(plan, changes);
      if (refused !== null) return refused;
      if (!isConverged(plan)) {
        talk.emit({ kind: 'guest.plan', guest: plan.guest, plan, dryRun: false });
        await conversation.carryOut(plan, talk.progress(1));
        changes += countChanges(plan);
        ({ plan, facts } = await proven(planner, plan, conversation, talk));
      }
    }
    if (await reboots.awaitGate(conversation, talk, facts)) {
      ({ plan } = await proven(planner, plan, conversation, talk));
    }
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.code !== 'E_INTERRUPTED') throw error;
    return { outcome: 'interrupted', changes, reason: error.message };
  }
  return settled(plan, changes);
}

/** One reboot is all that an apply takes: a second one would be the first of a loop. */
async function afterReboot(planner: Planner, asked: RebootStep, conversation: Conversation, talk: Talk): Promise<Seen> {
  const where = { guest: conversation.guest.name };
  const facts = await look(planner, conversation, talk);
  const plan = planner.plan(conversation.guest, facts);
  if ('skip' in plan) throw new ProvisionError('E_REBOOT', `rebooted, and then: ${plan.skip}`, { where });
  const left = rebootOf(plan);
  const { readiness } = facts;
  if (asked.crashkernel != null && readiness.state === 'reservation-failed') {
    throw new ProvisionError('E_REBOOT', `rebooted, and ${readiness.reason}`, {
      hint: readiness.hint ?? undefined,
      where,
    });
  }
  if (left === undefined) return { plan, facts };
  const { text, hint } = whyStillPending(asked, left, facts);
  throw new ProvisionError('E_REBOOT', `rebooted, and ${text}`, { hint, where });
}

import { lookAtDumps } from '../../crash/dumps/look.ts';
import type { DumpsAnswer } from '../../crash/dumps/dump.ts';
import { ProvisionError } from '../../errors.ts';
import { matchDistribution, type Distribution } from '../../facts/distribution.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { Work } from '../../rollout/fleet.ts';
import { look, type Planner } from '../../rollout/planner.ts';
import { examine } from './examine.ts';
import { readInstruments } from './instruments.ts';

export interface DoctorWork {
  readonly planner: Omit<Planner, 'plan'>;
  /** templates/guest/doctor.sh, and the look at dumps as dumpsScript makes it. */
  readonly script: string;
  readonly dumpsScript: string;
  readonly distributions: readonly Distribution[];
  readonly timeoutMs: number;
}

/** Examines a guest: its facts, its instruments, its dumps; three round trips on one connection. */
export function doctorWork({ planner, script, dumpsScript, distributions, timeoutMs }: DoctorWork): Work {
  return async (conversation, talk) => {
    const guest = conversation.guest.name;
    const facts = await look(planner, conversation, talk);
    const { sections } = await conversation.runScript(script, { timeoutMs });
    const dumps = await dumpsOf(conversation, dumpsScript, timeoutMs);
    const distribution = matchDistribution(distributions, facts.os);
    const checks = examine({ guest, facts, instruments: readInstruments(sections), dumps, distribution });
    talk.emit({ kind: 'guest.doctor', guest, checks });
    return { outcome: checks.some(({ level }) => level === 'bad') ? 'drifted' : 'converged', changes: 0 };
  };
}

/** Null: this user may not see them. */
async function dumpsOf(conversation: Conversation, script: string, timeoutMs: number): Promise<DumpsAnswer | null> {
  try {
    return await lookAtDumps(conversation, script, timeoutMs);
  } catch (error) {
    if (error instanceof ProvisionError && error.code === 'E_PROBE') return null;
    throw error;
  }
}

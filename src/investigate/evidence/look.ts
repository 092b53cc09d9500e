import type { Conversation } from '../../rollout/conversation.ts';
import type { Work } from '../../rollout/fleet.ts';
import { parseEvidence } from './parse.ts';
import type { EvidenceAnswer } from './piece.ts';

/** How a guest's evidence is looked at. */
export interface EvidenceLook {
  /** templates/guest/evidence-list.sh */
  readonly script: string;
  readonly timeoutMs: number;
}

/** One look, one round trip. @throws ProvisionError see parseEvidence */
export async function lookAtEvidence(conversation: Conversation, look: EvidenceLook): Promise<EvidenceAnswer> {
  const { sections } = await conversation.runScript(look.script, { timeoutMs: look.timeoutMs });
  return parseEvidence(sections);
}

/** Looks at the evidence of a guest and tells of it. */
export function listEvidence(look: EvidenceLook): Work {
  return async (conversation, talk) => {
    const answer = await lookAtEvidence(conversation, look);
    talk.emit({ kind: 'guest.evidence', guest: conversation.guest.name, ...answer });
    return { outcome: 'converged', changes: 0 };
  };
}

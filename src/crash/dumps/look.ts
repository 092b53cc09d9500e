import { ProvisionError } from '../../errors.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import type { DumpsAnswer } from './dump.ts';
import { parseDumps } from './parse.ts';

/**
 * One look at a guest's dumps, one round trip.
 * @param script as dumpsScript makes it
 * @throws ProvisionError E_PROBE when the user may not see them
 */
export async function lookAtDumps(
  conversation: Conversation,
  script: string,
  timeoutMs?: number,
): Promise<DumpsAnswer> {
  const { sections } = await conversation.runScript(script, timeoutMs === undefined ? {} : { timeoutMs });
  const answer = parseDumps(sections);
  if (answer.exists && !answer.readable)
    throw new ProvisionError('E_PROBE', `the user may not read ${answer.coredir}`, {
      hint: 'connect as root (-u root), or use sudo (-b)',
      where: { guest: conversation.guest.name },
    });
  return answer;
}

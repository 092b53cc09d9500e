import type { Work } from '../../rollout/fleet.ts';
import { lookAtDumps } from './look.ts';

/** Looks at the dumps of a guest and tells of them. */
export function listDumps(script: string, timeoutMs?: number): Work {
  return async (conversation, talk) => {
    const answer = await lookAtDumps(conversation, script, timeoutMs);
    talk.emit({ kind: 'guest.dumps', guest: conversation.guest.name, ...answer });
    return { outcome: 'converged', changes: 0 };
  };
}

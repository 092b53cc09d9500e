import { hostname, userInfo } from 'node:os';

import type { JobFact } from '../facts/facts.ts';
import { isOver, processWord } from '../journal/process.ts';
import type { Client } from '../rollout/conversation.ts';

/** Who runs this, and where: what locks on guests and journals of runs are signed with. */
export function operator(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** What a client says of itself on guests, and what it makes of those that it meets there. */
interface Lock {
  readonly command: string;
  /** The run that is written down; undefined: none is. */
  readonly run: string | undefined;
  /** Runs that this one goes on with. */
  readonly family: readonly string[];
  /** It waits for others: a command that only looks, or `--wait`. */
  readonly waits: boolean;
}

/** This process as guests know it. */
export function clientOf({ command, run, family, waits }: Lock): Client {
  const signed = operator();
  const owner = `${signed} (provision ${command}${run === undefined ? '' : `, run ${run}`})`;
  return { id: processWord(), owner, waits, isLeft: (job) => isLeft(job, signed, family) };
}

/**
 * Whether nobody sees to a job any more: it belongs to a run that this one goes on with, or to a process of the same
 * person on this machine that is gone.
 */
export function isLeft({ owner, client }: JobFact, signed: string, family: readonly string[]): boolean {
  const run = /, run (\S+)\)$/.exec(owner)?.[1];
  if (run !== undefined && family.includes(run)) return true;
  return owner.startsWith(`${signed} (`) && isOver(client);
}

import { command } from '../shell.ts';

/**
 * Tells the attempts at a guest apart: the larger token is the newer attempt, and once it has begun on the guest no older one
 * may change anything there (templates/guest/converge-fence.sh). Whoever hands out attempts hands out tokens that grow over
 * all of them, over all runs.
 */
export interface Fence {
  /** A whole number in decimal, 1 to 19 digits. */
  readonly token: string;
  /** The run that it belongs to, for the person who finds out that it was overtaken. */
  readonly run: string;
}

const TOKEN = /^[1-9][0-9]{0,18}$/;
const RUN = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The line of a guest's script that lets this attempt through or ends it.
 * @param bootId the boot that the plan was made from
 * @throws Error for what the guest would take for a damaged token
 */
export function fenceCall({ token, run }: Fence, bootId: string): string {
  if (!TOKEN.test(token)) throw new Error(`not a fencing token: ${JSON.stringify(token)}`);
  if (!RUN.test(run)) throw new Error(`not the id of a run: ${JSON.stringify(run)}`);
  return command(['fence', token, run, bootId]);
}

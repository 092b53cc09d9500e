import { ProvisionError } from '../../errors.ts';
import { guestTemplate } from '../../plan/guest-template.ts';
import type { Ended, Talk, Work } from '../../rollout/fleet.ts';
import type { Conversation } from '../../rollout/conversation.ts';
import { chooseDumps, type Choice } from '../dumps/choose.ts';
import type { Dump } from '../dumps/dump.ts';
import { lookAtDumps } from '../dumps/look.ts';
import { deleteDump } from './delete-dump.ts';
import { fetchDump, type Fetching } from './fetch-dump.ts';

export interface FetchOptions extends Fetching {
  readonly choice: Choice;
  /** Take a dump off the guest once it is here and proven. */
  readonly delete: boolean;
  /** The look, as dumpsScript makes it, and how long it may take in milliseconds. */
  readonly look: string;
  readonly lookMs: number;
}

/** Progress is told so often at most, in milliseconds. */
const TELL_EVERY = 250;

/** Brings the chosen dumps of a guest here. */
export function fetchDumps(options: FetchOptions): Work {
  return async (conversation, talk) => {
    const answer = await lookAtDumps(conversation, options.look, options.lookMs);
    const { wanted, left } = chooseDumps(answer.dumps, options.choice);
    for (const dump of left) tellLeft(dump, conversation.guest.name, talk);
    let fetched = 0;
    for (const dump of wanted) fetched += await fetchOne(conversation, talk, dump, options);
    return endOf(wanted.length, fetched, left, answer.coredir);
  };
}

/** @returns 1 when something was transferred, made or deleted, else 0 */
async function fetchOne(conversation: Conversation, talk: Talk, dump: Dump, options: FetchOptions): Promise<number> {
  const guest = conversation.guest.name;
  let told = -Infinity;
  const done = await fetchDump(conversation, dump, options, (here, total) => {
    const now = performance.now();
    if (now - told < TELL_EVERY && here < total) return;
    told = now;
    talk.emit({ kind: 'guest.transfer', guest, dump: dump.name, done: here, total });
  });
  // An invalid dump has been fetched to be looked into; the guest's copy is all there is.
  const deleting = options.delete && dump.verdict.valid;
  if (deleting) await deleteDump(conversation, done, guestTemplate(options.templates, 'delete-dump.sh'));
  const { vmcore, verdict } = done.manifest;
  talk.emit({
    kind: 'guest.fetched',
    guest,
    dump: dump.name,
    state: done.made || done.bytes > 0 ? 'fetched' : 'present',
    to: done.folder,
    vmcore: vmcore?.name ?? null,
    bytes: done.bytes,
    ms: done.ms,
    deleted: deleting,
    ...(verdict.valid ? {} : { reason: verdict.reason }),
  });
  return done.made || done.bytes > 0 || deleting ? 1 : 0;
}

function tellLeft(dump: Dump, guest: string, talk: Talk): void {
  if (dump.verdict.valid) return;
  talk.emit({
    kind: 'guest.fetched',
    guest,
    dump: dump.name,
    state: 'left',
    to: null,
    vmcore: null,
    bytes: 0,
    ms: 0,
    deleted: false,
    reason: dump.verdict.reason,
  });
}

function endOf(wanted: number, fetched: number, left: readonly Dump[], coredir: string): Ended {
  if (wanted > 0) return { outcome: fetched > 0 ? 'changed' : 'converged', changes: fetched };
  if (left.length === 0) return { outcome: 'skipped', changes: 0, reason: `no dumps in ${coredir}` };
  throw new ProvisionError('E_DUMP', `no dump can be read: ${left.map(({ name }) => name).join(', ')}`, {
    hint: '--invalid fetches them all the same; a crash test shows whether this guest can be captured',
  });
}

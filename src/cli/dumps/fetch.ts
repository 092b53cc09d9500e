import { dumpsScript } from '../../crash/dumps/script.ts';
import { FreeSpace } from '../../crash/fetch/free-space.ts';
import { RateLimit } from '../../crash/fetch/rate-limit.ts';
import { fetchDumps } from '../../crash/fetch/work.ts';
import { ProvisionError } from '../../errors.ts';
import { guestTemplate } from '../../plan/guest-template.ts';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import { durationFlag, listFlag, rateFlag } from '../flags.ts';
import { chooseGuests, DEFAULT_TIMEOUT_MS } from '../guests.ts';
import type { Flags, Run } from '../program.ts';
import { runGuests } from '../run-guests.ts';
import { dumpsFolder } from './folder.ts';

/** `provision dumps fetch [GUEST..]`: `--latest`, `--all` or `--dump NAME`; `--to`, `--limit-rate`, `--delete`. */
export const run: Run = async (invocation) => {
  const { args, flags, stopping } = invocation;
  onlyOneChoice(flags);
  const limit = rateFlag(flags, 'limit-rate');
  const deleting = flags['delete'] === true;
  const guests = await chooseGuests(args, flags, deleting ? 'dumps fetch --delete' : undefined);
  const shipped = loadKnowledge();
  const patience = durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS);
  const work = fetchDumps({
    choice: { named: listFlag(flags, 'dump'), all: flags['all'] === true, invalid: flags['invalid'] === true },
    to: dumpsFolder(flags),
    keepFlattened: flags['keepFlattened'] === true,
    delete: deleting,
    look: dumpsScript(guestTemplate(shipped.templates, 'dumps.sh')),
    lookMs: patience,
    reconnectMs: patience,
    templates: shipped.templates,
    limit: limit === undefined ? undefined : new RateLimit(limit),
    space: new FreeSpace(),
    stopping,
  });
  return runGuests({ command: 'dumps fetch', guests, shipped, work }, invocation);
};

function onlyOneChoice(flags: Flags): void {
  const given = ['latest', 'all', 'dump'].filter((name) => flags[name] !== undefined);
  if (given.length > 1)
    throw new ProvisionError('E_USAGE', `${given.map((name) => `--${name}`).join(' and ')} do not go together`);
}

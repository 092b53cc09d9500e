import { listDumps } from '../../crash/dumps/list.ts';
import { dumpsScript } from '../../crash/dumps/script.ts';
import { guestTemplate } from '../../plan/guest-template.ts';
import { loadKnowledge } from '../../shipped/catalogue.ts';
import { durationFlag } from '../flags.ts';
import { chooseGuests, DEFAULT_TIMEOUT_MS } from '../guests.ts';
import type { Run } from '../program.ts';
import { runGuests } from '../run-guests.ts';

/** `provision dumps list [GUEST..] [--deep]` */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  const guests = await chooseGuests(args, flags);
  const shipped = loadKnowledge();
  const deep = flags['deep'] === true;
  const script = dumpsScript(guestTemplate(shipped.templates, 'dumps.sh'), { deep });
  // How long decompressing takes is up to the dumps.
  const work = listDumps(script, deep ? undefined : durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS));
  return runGuests({ command: 'dumps list', guests, shipped, work }, invocation);
};

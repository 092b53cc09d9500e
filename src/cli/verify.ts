import { verify } from '../rollout/work.ts';
import { chooseGuests } from './guests.ts';
import { nextCommand, rebootCommand } from './next-command.ts';
import { prepareProfile } from './profile-run.ts';
import type { Run } from './program.ts';
import { runGuests } from './run-guests.ts';

/** `provision verify PROFILE [GUEST..]`: looks only. */
export const run: Run = async (invocation) => {
  const [profile = '', ...names] = invocation.args;
  const guests = await chooseGuests(names, invocation.flags);
  const { planner, shipped, profile: name } = prepareProfile(profile, guests, invocation.flags);
  const next = nextCommand('apply', invocation);
  const reboot = rebootCommand('apply', invocation);
  return runGuests(
    { command: 'verify', profile: name, guests, shipped, work: verify(planner), next, reboot },
    invocation,
  );
};

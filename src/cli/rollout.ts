import { ProvisionError } from '../errors.ts';
import { formatRollout, formatRolloutJson } from '../report/rollout-text.ts';
import { chooseGuests } from './guests.ts';
import { prepareProfile } from './profile-run.ts';
import type { Run } from './program.ts';
import { scheduleOf, strategyFrom } from './rollout-flags.ts';

/** `provision rollout plan PROFILE [GUEST..]`: who goes when, without a connection. */
export const run: Run = async ({ args, flags }) => {
  const [verb = '', profile = '', ...names] = args;
  if (verb !== 'plan') throw new ProvisionError('E_USAGE', `rollout takes plan, not "${verb}"`);
  const strategy = strategyFrom(flags);
  const guests = await chooseGuests(names, flags);
  // What is wrong with the profile would end the apply before its first connection, so it ends this too.
  const { profile: name } = prepareProfile(profile, guests, flags);
  const { order } = strategy.ramp;
  const page = {
    profile: name,
    order: order.kind === 'shuffled' ? `shuffled:${order.seed}` : order.kind,
    schedule: scheduleOf(strategy, guests),
    gate: strategy.gate,
    deadlines: strategy.deadlines,
  };
  process.stdout.write(flags['json'] === true ? formatRolloutJson(page) : formatRollout(page));
  return 0;
};

import { ProvisionError } from '../errors.ts';
import { carryOutSaved, converge, showPlan, verify } from '../rollout/work.ts';
import { textFlag } from './flags.ts';
import { chooseGuests } from './guests.ts';
import { nextCommand, rebootCommand } from './next-command.ts';
import { prepareProfile } from './profile-run.ts';
import type { Invocation, Run } from './program.ts';
import { rebootsFor } from './reboots.ts';
import { runGuests } from './run-guests.ts';

/** `provision apply PROFILE [GUEST..]`, `--dry-run`, `--plan FILE`. */
export const run: Run = async (invocation) => {
  const saved = textFlag(invocation.flags, 'plan');
  if (saved !== undefined) return applySaved(saved, invocation);
  const [profile, ...names] = invocation.args;
  if (profile === undefined) {
    throw new ProvisionError('E_USAGE', 'apply needs a profile', {
      hint: 'provision profiles list shows the shipped ones',
    });
  }
  const { flags, resumed } = invocation;
  const dryRun = flags['dryRun'] === true;
  const guests = await chooseGuests(names, flags, dryRun ? undefined : 'apply');
  const { planner, resolve, shipped, profile: name, texts } = prepareProfile(profile, guests, flags, resumed?.texts);
  const journal = { profile, texts };
  const work = dryRun ? showPlan(planner) : converge(planner, rebootsFor(flags, guests, shipped));
  const next = nextCommand(dryRun ? 'apply' : 'verify', invocation);
  const reboot = rebootCommand('apply', invocation);
  const check = verify(planner);
  return runGuests(
    {
      command: 'apply',
      profile: name,
      guests,
      shipped,
      work,
      check,
      journal,
      dryRun,
      next,
      reboot,
      queued: { resolve },
    },
    invocation,
  );
};

async function applySaved(file: string, invocation: Invocation): Promise<number> {
  const { flags, args } = invocation;
  const { readPlanFile } = await import('./plan-file.ts');
  const saved = readPlanFile(file);
  const refused = ['set', 'skip', 'adopt'].find((flag) => flags[flag] !== undefined);
  if (refused !== undefined) {
    throw new ProvisionError('E_USAGE', `--${refused} cannot change a saved plan`, {
      hint: 'make a new one: provision plan',
    });
  }
  const names = args.length > 0 ? args : [...saved.plans.keys()];
  const guests = await chooseGuests(names, flags);
  const { planner, shipped } = prepareProfile(saved.profile, guests, { ...flags, set: saved.set, skip: saved.skip });
  if (flags['dryRun'] === true) throw new ProvisionError('E_USAGE', '--dry-run and --plan do not go together');
  const work = carryOutSaved(planner, saved.plans, rebootsFor(flags, guests, shipped));
  const reboot = rebootCommand('apply', invocation);
  const check = verify(planner);
  return runGuests(
    { command: 'apply', profile: saved.profile, guests, shipped, work, check, journal: {}, reboot },
    invocation,
  );
}

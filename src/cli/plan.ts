import { ProvisionError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { showPlan } from '../rollout/work.ts';
import { quote } from '../shell.ts';
import { listFlag, skipFlag, textFlag } from './flags.ts';
import { chooseGuests } from './guests.ts';
import { nextCommand } from './next-command.ts';
import { writePlanFile } from './plan-file.ts';
import { prepareProfile } from './profile-run.ts';
import type { Run } from './program.ts';
import { runGuests } from './run-guests.ts';

/** `provision plan PROFILE [GUEST..] [--out FILE]`: the dry-run, and the object that `apply --plan` carries out. */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  const [profile = '', ...names] = args;
  const out = textFlag(flags, 'out');
  const guests = await chooseGuests(names, flags);
  const { planner, shipped, profile: name } = prepareProfile(profile, guests, flags);
  const plans = new Map<string, Plan>();
  const work = showPlan(planner, (plan) => plans.set(plan.guest, plan));
  const next = out === undefined ? nextCommand('apply', invocation) : `provision apply --plan ${quote(out)}`;
  const exitCode = await runGuests(
    { command: 'plan', profile: name, guests, shipped, work, dryRun: true, next },
    invocation,
  );
  if (out !== undefined) {
    if (plans.size === 0) throw new ProvisionError('E_PLAN_FILE', `no guest gave a plan, so ${out} was not written`);
    writePlanFile(out, { profile, set: listFlag(flags, 'set'), skip: skipFlag(flags), plans });
  }
  return exitCode;
};

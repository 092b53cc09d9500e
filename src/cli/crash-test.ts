import { ProvisionError } from '../errors.ts';
import { crashTest } from '../crash/crash-test/crash-test.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { durationFlag } from './flags.ts';
import { chooseGuests } from './guests.ts';
import { factsPlanner } from './planners.ts';
import type { Run } from './program.ts';
import { confirmByTyping } from './questions.ts';
import { runGuests } from './run-guests.ts';

const DEFAULT_BUDGET_MS = 10 * 60_000;

/** `provision crash-test GUEST..`: one real crash each, proven captured. */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  if (args.length === 0) {
    throw new ProvisionError('E_USAGE', 'crash-test needs the guests to crash by name', {
      hint: 'there is no short form for the whole inventory; a group or a pattern will do',
    });
  }
  const guests = await chooseGuests(args, flags);
  const here = guests.find(({ transport }) => transport === 'local');
  if (here !== undefined) {
    throw new ProvisionError('E_USAGE', `that would crash the machine that you are on (${here.name} is local)`, {
      hint: 'run it from another machine, over SSH',
    });
  }
  if (flags['yesCrashItNow'] !== true) await confirmCrash(guests.map(({ name }) => name));
  const shipped = loadKnowledge();
  const work = crashTest({
    planner: factsPlanner(shipped),
    templates: shipped.templates,
    mode: flags['hang'] === true ? 'hang' : 'sysrq',
    budgetMs: durationFlag(flags, 'budget', DEFAULT_BUDGET_MS),
  });
  return runGuests({ command: 'crash-test', guests, shipped, work, journal: {} }, invocation);
};

async function confirmCrash(names: readonly string[]): Promise<void> {
  const only = names[0] ?? '';
  const words = names.length === 1 ? only : `crash ${names.length} guests`;
  await confirmByTyping(
    `This crashes ${names.join(', ')} now: whoever works there loses what is not saved.`,
    words,
    '--yes-crash-it-now',
  );
}

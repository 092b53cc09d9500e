import { ProvisionError } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Collection } from '../investigate/collection/collection.ts';
import { explainTrace } from '../investigate/explaining/explain-trace.ts';
import { foldStacks, type Explain } from '../investigate/stacks/fold.ts';
import { kernelName, stacksScript } from '../investigate/stacks/script.ts';
import { stacksWork, tasksOf, type Watch } from '../investigate/stacks/work.ts';
import { loadKnowledge } from '../shipped/catalogue.ts';
import { loadExplainKnowledge } from '../shipped/explain-knowledge.ts';
import { loadWaitKinds } from '../shipped/wait-kinds.ts';
import type { Flags, Run } from './command-spec.ts';
import { countFlag, durationFlag, textFlag } from './flags.ts';
import { chooseGuests, DEFAULT_TIMEOUT_MS } from './guests.ts';
import { runGuests } from './run-guests.ts';

const EVERY_MS = 5000;
/** What the collector needs at most, and longer when the kernel is asked. It has to end before the guest is given up. */
const LOOK_SECONDS = 20;
const SYSRQ_SECONDS = 50;
const SHARE = 0.75;

/** `provision stacks [GUEST..]`: who is blocked, where, since when, and what it means. */
export const run: Run = async (invocation) => {
  const { args, flags } = invocation;
  const process = kernelName(textFlag(flags, 'process') ?? '');
  const sysrq = flags['sysrqT'] === true ? 'wt' : flags['sysrq'] === true ? 'w' : '';
  const timeoutMs = durationFlag(flags, 'timeout', DEFAULT_TIMEOUT_MS);
  const watch = watchOf(flags);
  const guests = await chooseGuests(args, flags);
  const shipped = loadKnowledge();
  const knowledge = loadExplainKnowledge();
  const explain: Explain = (trace) => explainTrace(trace, knowledge);
  const looks = new Map<string, Collection>();
  const most = sysrq === '' ? LOOK_SECONDS : SYSRQ_SECONDS;
  const work = stacksWork({
    script: stacksScript(shipped.templates, {
      process,
      sysrq,
      deadlineSeconds: Math.max(2, Math.min(most, (timeoutMs / 1000) * SHARE)),
    }),
    process,
    kinds: loadWaitKinds(),
    explain,
    timeoutMs,
    watch,
    keep: (guest, collection) => looks.set(guest, collection),
  });
  const closing = (): Event[] => {
    const tasks = guests.flatMap(({ name }) => {
      const collection = looks.get(name);
      return collection === undefined ? [] : [{ guest: name, tasks: tasksOf(collection) }];
    });
    return foldStacks(tasks, explain).map((group): Event => ({ kind: 'stacks.group', ...group }));
  };
  return runGuests({ command: 'stacks', guests, shipped, work, closing }, invocation);
};

/** @throws ProvisionError E_USAGE for --every or --count without --watch */
function watchOf(flags: Flags): Watch | null {
  if (flags['watch'] === true)
    return {
      everyMs: durationFlag(flags, 'every', EVERY_MS),
      count: textFlag(flags, 'count') === undefined ? null : countFlag(flags, 'count', 1),
    };
  for (const flag of ['every', 'count'])
    if (flags[flag] !== undefined) throw new ProvisionError('E_USAGE', `--${flag} goes with --watch`);
  return null;
}

import { sameValue } from '../../facts/sysctl-order.ts';
import type { Context, Proposal } from '../context.ts';
import type { Step } from '../plan.ts';
import { planRemoval, planRestore } from './file.ts';

/** Takes back what an earlier apply did and this profile no longer asks for: files, then live values. */
export function planLeftovers(context: Context, managed: ReadonlySet<string>): Proposal {
  const base = context.before.base;
  if (base === null) return {};
  const why = `left from profile ${base.profile}`;
  const steps: Step[] = [];
  for (const [path, before] of Object.entries(base.before.files)) {
    if (managed.has(path)) continue;
    const step = before === 'absent' ? planRemoval(path, context.facts, why) : planRestore(path, context.facts, why);
    if (step) steps.push(step);
  }
  const wanted = new Set(context.desired.sysctls.map(({ key }) => key));
  for (const [key, value] of Object.entries(base.before.sysctls)) {
    const live = context.facts.sysctls[key];
    if (wanted.has(key) || live === undefined || live === null || sameValue(live, value)) continue;
    steps.push({
      id: `sysctl:${key}`,
      kind: 'sysctl',
      risk: 'none',
      undo: 'set again by the next apply',
      note: why,
      key,
      before: live,
      after: value,
      boot: null,
    });
  }
  return { steps };
}

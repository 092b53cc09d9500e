import type { Facts } from '../../facts/facts.ts';
import { sameValue } from '../../facts/sysctl-order.ts';
import type { Context, Proposal } from '../context.ts';
import type { FileStep, Step } from '../plan.ts';
import { ADOPTED } from './adopt.ts';
import { planChange, planRemoval, planRestore } from './file.ts';
import { GRUB_DROP_IN } from '../crashkernel.ts';
import { bootloaderStep, KDUMP_CONFIG } from './kdump.ts';
import { kdumpRestart } from './kdump-service.ts';

/** Takes back what an earlier apply did and this profile no longer asks for: files, then live values. */
export function planLeftovers(context: Context, managed: ReadonlySet<string>): Proposal {
  const base = context.before.base;
  if (base === null) return {};
  const why = `left from profile ${base.profile}`;
  const steps: Step[] = [];
  for (const [path, before] of Object.entries(base.before.files)) {
    if (managed.has(path)) continue;
    const step = before === 'absent' ? planRemoval(path, context.facts, why) : planOriginal(path, context.facts, why);
    if (step) steps.push(step);
  }
  steps.push(...ofKdump(context, managed));
  const wanted = new Set(context.settings.map(({ key }) => key));
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

/**
 * What the files of a former profile were for has to be told that they are gone. As long as the record names them, since
 * an apply may have been cut off between the file and this.
 */
function ofKdump({ before, facts }: Context, managed: ReadonlySet<string>): Step[] {
  const left = (path: string): boolean => before.base?.before.files[path] !== undefined && !managed.has(path);
  const bootloader = left(GRUB_DROP_IN) && facts.bootloader === 'grub' && facts.nextCmdline !== null;
  const config = left(KDUMP_CONFIG) && facts.kexec.crashLoaded === true;
  return [
    ...(bootloader ? [bootloaderStep(facts)] : []),
    ...(config ? [kdumpRestart('loaded with our configuration', 'loaded with its own')] : []),
  ];
}

/**
 * A file of somebody else's as it was. Lines that we commented out come back in place, so that what its owner has written
 * there since stays; anything else is the copy that was kept.
 */
export function planOriginal(path: string, facts: Facts, note: string): FileStep | null {
  const text = facts.files[path]?.text ?? '';
  return text.includes(ADOPTED)
    ? planChange(path, text.replaceAll(ADOPTED, ''), facts, note)
    : planRestore(path, facts, note);
}

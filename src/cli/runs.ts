import { ProvisionError } from '../errors.ts';
import type { Run } from './program.ts';

const ACTIONS: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  list: () => import('./runs-list.ts'),
  show: () => import('./runs-show.ts'),
  resume: () => import('./runs-resume.ts'),
  report: () => import('./runs-report.ts'),
  attach: () => import('./runs-attach.ts'),
};

/** `provision runs ACTION ..`: the action gets the rest of the words. */
export const run: Run = async (invocation) => {
  const [action = '', ...args] = invocation.args;
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined)
    throw new ProvisionError('E_USAGE', `runs has no "${action}"; there is ${Object.keys(ACTIONS).join(', ')}`, {
      hint: 'provision runs --help',
    });
  return (await load()).run({ ...invocation, args });
};

import { ProvisionError } from '../errors.ts';
import type { Run } from './program.ts';

const ACTIONS: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  list: () => import('./dumps/list.ts'),
  fetch: () => import('./dumps/fetch.ts'),
  analyze: () => import('./dumps/analyze.ts'),
};

/** `provision dumps ACTION ..`: the action gets the rest of the words. */
export const run: Run = async (invocation) => {
  const [action = '', ...args] = invocation.args;
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined)
    throw new ProvisionError('E_USAGE', `dumps has no "${action}"; there are ${Object.keys(ACTIONS).join(', ')}`, {
      hint: 'provision dumps --help',
    });
  return (await load()).run({ ...invocation, args });
};

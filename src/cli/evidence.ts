import { ProvisionError } from '../errors.ts';
import type { Run } from './command-spec.ts';

const ACTIONS: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  list: () => import('./evidence/list.ts'),
  fetch: () => import('./evidence/fetch.ts'),
  explain: () => import('./evidence/explain.ts'),
};

/** `provision evidence ACTION ..`: the action gets the rest of the words. */
export const run: Run = async (invocation) => {
  const [action = '', ...args] = invocation.args;
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined)
    throw new ProvisionError('E_USAGE', `evidence has no "${action}"; there are ${Object.keys(ACTIONS).join(', ')}`, {
      hint: 'provision evidence --help',
    });
  return (await load()).run({ ...invocation, args });
};

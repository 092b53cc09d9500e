import { ProvisionError } from '../errors.ts';
import type { Run } from './command-spec.ts';

/**
 * A command whose first word says what to do; the action gets the rest of the words, and only its module is loaded.
 * @throws ProvisionError E_USAGE for a word that is no action
 */
export function commandOf(name: string, actions: Readonly<Record<string, () => Promise<{ readonly run: Run }>>>): Run {
  return async (invocation) => {
    const [action = '', ...args] = invocation.args;
    const load = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (load === undefined)
      throw new ProvisionError('E_USAGE', `${name} has no "${action}"; there are ${Object.keys(actions).join(', ')}`, {
        hint: `provision ${name} --help`,
      });
    return (await load()).run({ ...invocation, args });
  };
}

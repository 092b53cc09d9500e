import { ProvisionError, ProvisionErrors } from '../errors.ts';
import { throwProblems } from '../inventory/select.ts';
import { formatError } from '../report/error-text.ts';
import { formatGraph, formatGraphJson, formatGuests, formatGuestsJson } from '../report/inventory-text.ts';
import { inventoryOf, selectedOf } from './guests.ts';
import { wantsColor } from './output.ts';
import type { Invocation, Run } from './program.ts';

/** `provision inventory list|graph [PATTERN..]` */
export const run: Run = (invocation) => {
  const [verb = ''] = invocation.args;
  const action = VERBS[verb];
  if (action === undefined) throw new ProvisionError('E_USAGE', `inventory takes list or graph, not "${verb}"`);
  return Promise.resolve(action(invocation));
};

const VERBS: Readonly<Record<string, (invocation: Invocation) => number>> = {
  list: ({ args, flags }) => {
    const inventory = inventoryOf(flags);
    const guests = selectedOf(inventory, args.slice(1), flags);
    const json = flags['json'] === true;
    process.stdout.write(json ? formatGuestsJson(guests, inventory) : formatGuests(guests));
    try {
      throwProblems(inventory, guests);
      return 0;
    } catch (error) {
      // Whoever asks for the list wants to see it, and then what is wrong with it.
      if (!(error instanceof ProvisionErrors)) throw error;
      process.stderr.write(formatError(error, { color: wantsColor(flags, process.stderr) }));
      return 2;
    }
  },
  graph: ({ args, flags }) => {
    const inventory = inventoryOf(flags);
    const chosen = new Set(selectedOf(inventory, args.slice(1), flags).map(({ name }) => name));
    process.stdout.write(flags['json'] === true ? formatGraphJson(inventory, chosen) : formatGraph(inventory, chosen));
    return 0;
  },
};

import { randomBytes } from 'node:crypto';

import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import type { Deadlines } from '../rollout/deadline.ts';
import { batchesOf, type Ramp } from '../rollout/strategy/batches.ts';
import type { Order } from '../rollout/strategy/order.ts';
import type { Schedule } from '../rollout/strategy/rollout-state.ts';
import { failureLimit, parseShare, type Share } from '../rollout/strategy/share.ts';
import { countFlag, durationFlag, textFlag } from './flags.ts';
import type { Flags } from './program.ts';

const DEFAULT_FORKS = 50;
/** Long for what an apply does, short for a guest that hangs; a step may have to fetch packages. */
const GUEST_MS = 60 * 60_000;
const STEP_MS = 30 * 60_000;

/** How a fleet is gone through, as the flags say. */
export interface Strategy {
  readonly ramp: Ramp;
  readonly forks: number;
  readonly pauseMs: number;
  readonly maxFailures: Share | undefined;
  readonly gate: { readonly verify: boolean; readonly command: string | null };
  readonly deadlines: Deadlines;
}

/** What commands that only look do: all guests in one batch, as many at a time as `--forks` says. */
export function plainStrategy(flags: Flags): Strategy {
  return {
    ramp: { order: { kind: 'inventory' }, sizes: [] },
    forks: countFlag(flags, 'forks', DEFAULT_FORKS),
    pauseMs: 0,
    maxFailures: undefined,
    gate: { verify: false, command: null },
    deadlines: { guest: null, step: null },
  };
}

/** @throws ProvisionError E_USAGE for a value that a flag does not take, or flags that mean nothing together */
export function strategyFrom(flags: Flags): Strategy {
  const canary = shareFlag(flags, 'canary', 'guests to go first, such as 1 or 5%');
  const sizes = sizesFlag(flags);
  const serialBy = textFlag(flags, 'serialBy');
  const command = textFlag(flags, 'gateCommand') ?? null;
  const gate = { verify: flags['gate'] === true, command };
  const pauseMs = durationFlag(flags, 'pause', 0);
  const between = pauseMs > 0 ? '--pause' : gate.verify ? '--gate' : command === null ? null : '--gate-command';
  if (between !== null && canary === undefined && sizes.length === 0 && serialBy === undefined) {
    throw new ProvisionError('E_USAGE', `${between} comes between batches, and there is only one`, {
      hint: 'say how the fleet is divided: --canary 1, --batch 25% or --serial-by hypervisor',
    });
  }
  const maxFailures = textFlag(flags, 'maxFailures') === undefined ? undefined : budgetFlag(flags);
  return {
    ramp: {
      order: orderFlag(flags),
      sizes,
      ...(canary === undefined ? {} : { canary }),
      ...(serialBy === undefined ? {} : { serialBy }),
    },
    forks: countFlag(flags, 'forks', DEFAULT_FORKS),
    pauseMs,
    maxFailures,
    gate,
    deadlines: {
      guest: durationFlag(flags, 'guest-timeout', GUEST_MS),
      step: durationFlag(flags, 'step-timeout', STEP_MS),
    },
  };
}

export function scheduleOf(strategy: Strategy, guests: readonly Guest[]): Schedule {
  const { ramp, forks, pauseMs, maxFailures, gate } = strategy;
  const placed = guests.map(({ name, serialGroup: group }) => (group === undefined ? { name } : { name, group }));
  return {
    batches: batchesOf(placed, ramp),
    forks,
    pauseMs,
    failureLimit: maxFailures === undefined ? null : failureLimit(maxFailures, guests.length),
    gate: gate.verify || gate.command !== null,
  };
}

function shareFlag(flags: Flags, name: string, words: string): Share | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const share = parseShare(text);
  if (share !== null && share.n > 0) return share;
  throw new ProvisionError('E_USAGE', `--${name} takes ${words}, not "${text}"`);
}

function budgetFlag(flags: Flags): Share {
  const text = textFlag(flags, 'maxFailures') ?? '';
  const share = parseShare(text);
  if (share !== null) return share;
  throw new ProvisionError(
    'E_USAGE',
    `--max-failures takes guests or percent of the fleet, such as 3 or 5%, not "${text}"`,
  );
}

function sizesFlag(flags: Flags): Share[] {
  const text = textFlag(flags, 'batch');
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const share = parseShare(part.trim());
    if (share !== null && share.n > 0) return share;
    throw new ProvisionError('E_USAGE', `--batch takes sizes such as 25% or 1,5,25%,100%, not "${text}"`);
  });
}

function orderFlag(flags: Flags): Order {
  const text = textFlag(flags, 'order') ?? 'inventory';
  const [kind = '', ...rest] = text.split(':');
  const seed = rest.join(':');
  if (kind === 'inventory' && rest.length === 0) return { kind };
  if (kind === 'sorted' && rest.length === 0) return { kind };
  if (kind === 'shuffled' && (rest.length === 0 || seed !== ''))
    return { kind, seed: seed === '' ? randomBytes(3).toString('hex') : seed };
  throw new ProvisionError('E_USAGE', `--order takes inventory, sorted or shuffled:SEED, not "${text}"`);
}

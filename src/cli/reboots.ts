import { makeReboots } from '../crash/reboot.ts';
import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import type { Reboots } from '../rollout/reboot-stage.ts';
import { durationFlag } from './flags.ts';
import type { Shipped } from './planners.ts';
import type { Flags } from './program.ts';

/** An emulated guest takes four minutes, one that builds an initrd while it boots some more. */
export const REBOOT_MS = 10 * 60_000;

/**
 * What `--reboot` asks for; undefined without it.
 * @throws ProvisionError E_USAGE when it would take down the machine that this runs on
 */
export function rebootsFor(flags: Flags, guests: readonly Guest[], { templates }: Shipped): Reboots | undefined {
  if (flags['reboot'] !== true) return undefined;
  const here = guests.find(({ transport }) => transport === 'local');
  if (here !== undefined) {
    throw new ProvisionError('E_USAGE', `--reboot would reboot the machine that you are on (${here.name} is local)`, {
      hint: 'leave --reboot out, reboot it yourself, then run the command again',
    });
  }
  return makeReboots({ templates, timeoutMs: durationFlag(flags, 'reboot-timeout', REBOOT_MS) });
}

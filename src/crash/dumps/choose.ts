import { ProvisionError } from '../../errors.ts';
import type { Dump } from './dump.ts';

/** Which dumps of a guest are wanted. */
export interface Choice {
  /** Names or stamps of certain ones; none means the newest. */
  readonly named: readonly string[];
  readonly all: boolean;
  /** Dumps that cannot be read are wanted too. */
  readonly invalid: boolean;
}

export interface Chosen {
  readonly wanted: readonly Dump[];
  /** Asked for, or newer than what is wanted, and left because they cannot be read. */
  readonly left: readonly Dump[];
}

/**
 * Picks out of a guest's dumps, newest first. The newest that can be read is meant by default, and a newer one that
 * cannot is not passed over in silence.
 * @throws ProvisionError E_DUMP for a named dump that the guest does not have
 */
export function chooseDumps(dumps: readonly Dump[], { named, all, invalid }: Choice): Chosen {
  const usable = ({ verdict }: Dump): boolean => invalid || verdict.valid;
  const asked = named.length > 0 ? dumps.filter((dump) => named.some((name) => isNamed(dump, name))) : dumps;
  for (const name of named)
    if (!dumps.some((dump) => isNamed(dump, name)))
      throw new ProvisionError('E_DUMP', `there is no dump ${name} on the guest`, {
        hint: dumps.length === 0 ? 'it has none' : `it has ${dumps.map((dump) => dump.name).join(', ')}`,
      });
  if (all || named.length > 0) return { wanted: asked.filter(usable), left: asked.filter((dump) => !usable(dump)) };
  const newest = dumps.findIndex(usable);
  if (newest < 0) return { wanted: [], left: dumps };
  return { wanted: dumps.slice(newest, newest + 1), left: dumps.slice(0, newest) };
}

/** `202611241200` also names `HOST-202611241200`. */
function isNamed(dump: Dump, name: string): boolean {
  return dump.name === name || dump.name.endsWith(`-${name}`);
}

import { ProvisionError } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import { didYouMean } from '../yaml/suggest.ts';
import { merge, type Leaves } from './leaves.ts';
import type { ProfileSource } from './parse.ts';

/** How `extends` finds profiles; reading them is the caller's business. */
export interface ProfileLibrary {
  /** @param from the profile that names it, for relative paths */
  readonly find: (name: string, from: ProfileSource) => ProfileSource | undefined;
  /** Names to suggest when one is not found. */
  readonly names: readonly string[];
}

/** A profile with everything it extends. */
export interface ComposedProfile {
  readonly source: ProfileSource;
  /** Depth first, bases before what extends them, each once; the last is the profile itself. */
  readonly chain: readonly ProfileSource[];
  readonly leaves: Leaves;
}

/**
 * Lays a profile over the ones that it extends: depth first, later ones win, mappings merge, lists are replaced.
 * @throws ProvisionError E_PROFILE at the `extends` that names itself or nothing
 */
export function composeProfile(source: ProfileSource, library: ProfileLibrary): ComposedProfile {
  const chain: ProfileSource[] = [];
  const open: ProfileSource[] = [];
  const visit = (profile: ProfileSource): void => {
    if (chain.some(({ file }) => file === profile.file)) return;
    open.push(profile);
    for (const { name, place } of profile.extends) {
      const base = library.find(name, profile);
      if (base === undefined) {
        throw new ProvisionError('E_PROFILE', `there is no profile ${quoted(name)}${didYouMean(name, library.names)}`, {
          hint: `known are ${library.names.join(', ')}, and paths such as ./base.yaml`,
          where: place,
        });
      }
      if (open.some(({ file }) => file === base.file)) {
        const circle = [...open.map((each) => each.name), base.name].join(' -> ');
        throw new ProvisionError('E_PROFILE', `extends goes round in a circle: ${circle}`, {
          hint: 'remove one of them',
          where: place,
        });
      }
      visit(base);
    }
    open.pop();
    chain.push(profile);
  };
  visit(source);
  const leaves = chain.reduce<Leaves>((under, { leaves: over }) => merge(under, over.values()), new Map());
  return { source, chain, leaves };
}

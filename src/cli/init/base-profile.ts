import type { ComposedProfile } from '../../profile/compose.ts';
import { loadProfile, profileNames } from '../../shipped/profiles.ts';

/** What `init` needs to know of a shipped profile. A section that the profile lacks is absent. */
export interface BaseProfile {
  readonly name: string;
  readonly description: string;
  /** As written in the profile: `60s`. */
  readonly hungTaskTimeout?: string;
  readonly panicOn?: readonly string[];
  readonly symbols?: string;
}

/** Profiles put together: what a later one says wins, as with `extends`. */
export function compose(profiles: readonly BaseProfile[]): BaseProfile {
  return profiles.reduce<BaseProfile>((all, profile) => ({ ...all, ...profile }), { name: '', description: '' });
}

/** The shipped profiles, those that are made of most others first. */
export function shippedBaseProfiles(): BaseProfile[] {
  const composed = profileNames().map((name) => loadProfile(name));
  return composed.sort((a, b) => b.chain.length - a.chain.length).map(baseProfileOf);
}

function baseProfileOf({ source, leaves }: ComposedProfile): BaseProfile {
  const timeout = leaves.get('hung_task.timeout')?.value;
  const panicOn = leaves.get('panic.on')?.value;
  const hasCrash = [...leaves.keys()].some((path) => path.startsWith('crash.'));
  const symbols = leaves.get('crash.symbols')?.value ?? (hasCrash ? 'controller' : null);
  return {
    name: source.name,
    description: source.description,
    ...(typeof timeout === 'string' ? { hungTaskTimeout: timeout } : {}),
    ...(Array.isArray(panicOn) ? { panicOn: panicOn.map(String) } : {}),
    ...(typeof symbols === 'string' ? { symbols } : {}),
  };
}

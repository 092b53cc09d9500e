import { composeProfile, type ComposedProfile, type ProfileLibrary } from '../../src/profile/compose.ts';
import type { DesiredState } from '../../src/profile/desired.ts';
import { parseProfile, type ProfileSource } from '../../src/profile/parse.ts';
import { resolveProfile, type ResolveOptions } from '../../src/profile/resolve.ts';
import { loadSysctls } from '../../src/shipped/catalogue.ts';
import type { ProfileVar } from '../../src/profile/override.ts';
import { ProvisionError } from '../../src/errors.ts';

export const catalogue = loadSysctls();

/** A profile called `name` in `name.yaml`, with this body. */
export function profile(body: string, name = 'mine'): ProfileSource {
  return parseProfile(`apiVersion: provision/v1\nname: ${name}\n${body}\n`, `${name}.yaml`);
}

export function libraryOf(...sources: ProfileSource[]): ProfileLibrary {
  return {
    find: (name) => sources.find((source) => source.name === name),
    names: sources.map(({ name }) => name),
  };
}

export function composed(body: string, ...bases: ProfileSource[]): ComposedProfile {
  return composeProfile(profile(body), libraryOf(...bases));
}

export function resolved(
  body: string,
  options: Partial<ResolveOptions> = {},
  vars: readonly ProfileVar[] = [],
): DesiredState {
  return resolveProfile(composed(body), { catalogue, ...options }, vars);
}

/** `key -> value`, a trailing `!` on what is armed. */
export function sysctls(state: DesiredState): Record<string, string> {
  return Object.fromEntries(state.sysctls.map(({ key, value, armed }) => [key, armed ? `${value}!` : value]));
}

/** What was thrown; the test fails when nothing was. */
export function errorOf(action: () => unknown): ProvisionError {
  try {
    action();
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

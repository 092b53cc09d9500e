import { ProvisionError } from '../errors.ts';
import { complaintsOf, fit } from '../yaml/check.ts';
import type { ComposedProfile } from './compose.ts';
import type { DesiredState, Origin } from './desired.ts';
import { durationSeconds } from './duration.ts';
import { HEADER, merge, nest, type Leaf, type Leaves } from './leaves.ts';
import { checkSections, parseSet, varLeaves, withoutSections, type ProfileVar } from './override.ts';
import { API_VERSION, profileSchema, type ProfileValues } from './schema.ts';
import { settingsOf } from './settings.ts';
import type { SysctlCatalogue } from './sysctl-catalogue.ts';
import { watchOf } from './watch.ts';

export interface ResolveOptions {
  readonly catalogue: SysctlCatalogue;
  /** Arguments of `--set`, in order. */
  readonly sets?: readonly string[];
  /** Arguments of `--skip`. `arm` drops the settings that panic and leaves the rest. */
  readonly skip?: readonly string[];
}

/** Desired state of a guest with these vars. Guests whose vars are equal get the same object. */
type Resolver = (vars?: readonly ProfileVar[]) => DesiredState;

/**
 * Prepares a profile for a fleet: bases, `--set` and `--skip` are read once, and each different set of vars is resolved once.
 * Weakest first: bases, the profile, vars of groups, vars of the guest, `--set`.
 * @throws ProvisionError E_PROFILE or E_USAGE for a bad `--set` or `--skip`; the resolver throws E_PROFILE
 */
export function makeResolver(profile: ComposedProfile, options: ResolveOptions): Resolver {
  const skip = options.skip ?? [];
  checkSections(skip);
  const sets = (options.sets ?? []).flatMap(parseSet);
  const resolved = new Map<string, DesiredState>();
  return (vars = []) => {
    const key = JSON.stringify(vars);
    const known = resolved.get(key);
    if (known) return known;
    const state = resolve(profile, [...varLeaves(vars), ...sets], skip, options.catalogue);
    resolved.set(key, state);
    return state;
  };
}

/** Resolves a profile for one guest; `makeResolver` is the one for many. */
export function resolveProfile(
  profile: ComposedProfile,
  options: ResolveOptions,
  vars: readonly ProfileVar[] = [],
): DesiredState {
  return makeResolver(profile, options)(vars);
}

function resolve(
  { source, leaves: inherited }: ComposedProfile,
  overrides: readonly Leaf[],
  skip: readonly string[],
  catalogue: SysctlCatalogue,
): DesiredState {
  const leaves = withoutSections(merge(inherited, overrides), skip);
  const values = fillIn(source.name, leaves);
  const sysctls = settingsOf(values, leaves, catalogue);
  const { kdump, crash, trace, arm } = values;
  return {
    profile: source.name,
    description: source.description,
    match: { drivers: values.match?.drivers ?? [] },
    kdump: kdump || null,
    crash: crash || null,
    trace: trace ? { tools: trace.tools, headers: trace.headers } : null,
    watch: trace ? watchOf(trace.watch) : null,
    arm: {
      when: arm.when,
      after: durationSeconds(arm.after) ?? 0,
      breaker: { crashes: arm.breaker.crashes, within: durationSeconds(arm.breaker.within) ?? 0 },
    },
    sysctls: skip.includes('arm') ? sysctls.filter(({ armed }) => !armed) : sysctls,
    origins: originsOf(values, leaves),
  };
}

/** Defaults, and once more the schema: values that are right on their own may not be so together. */
function fillIn(name: string, leaves: Leaves): ProfileValues {
  const data = { ...nest(leaves), apiVersion: API_VERSION, name };
  const result = fit(profileSchema, data);
  if (result.success) return result.data;
  const [complaint] = complaintsOf(profileSchema, data, result.error.issues);
  const path = complaint?.path.map(String).join('.') ?? '';
  const leaf = leaves.get(path) ?? [...leaves].find(([key]) => path.startsWith(`${key}.`))?.[1];
  throw new ProvisionError('E_PROFILE', complaint?.message ?? 'the profile does not fit its schema', {
    hint: complaint?.hint,
    where: leaf?.place(),
  });
}

function originsOf(values: ProfileValues, leaves: Leaves): Record<string, Origin> {
  const origins: Record<string, Origin> = {};
  const visit = (value: unknown, path: string): void => {
    const section = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    for (const [key, inner] of section) visit(inner, `${path}.${key}`);
    if (section.length === 0 && value !== undefined) origins[path] = leaves.get(path)?.origin ?? { kind: 'default' };
  };
  visit(values.match ?? { drivers: [] }, 'match');
  for (const [key, value] of Object.entries(values)) if (!HEADER.has(key) && key !== 'match') visit(value, key);
  return origins;
}

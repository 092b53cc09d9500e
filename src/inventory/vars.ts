import { ProvisionError, type Place } from '../errors.ts';
import { spanOf } from '../yaml/check.ts';
import { overrideComplaints, pathProblem, splitPath } from '../profile/paths.ts';
import type { YamlFile } from '../yaml/read.ts';
import { nodeAt, plain, type Plain } from '../yaml/tree.ts';
import type { GuestVar } from './guest.ts';

/** A value that an inventory gives to a path of a profile. */
export interface WrittenOverride {
  readonly value: Plain;
  /** Of a part of the value; undefined where lines say nothing. */
  readonly line: (steps: readonly PropertyKey[]) => number | undefined;
  /** Of the path itself. */
  readonly keyPlace: () => Place;
  /** Of a part of the value; of all of it for no steps. */
  readonly place: (steps: readonly PropertyKey[], onKey: boolean) => Place;
}

/**
 * Reads one `vars` mapping: paths of a profile, dotted or nested, each checked against the profile's schema.
 * @param scope who they are for: `group desktops`
 * @param errors gets what is wrong, with its place
 */
export function readVars(file: YamlFile, at: readonly string[], scope: string, errors: ProvisionError[]): GuestVar[] {
  const holder = nodeAt(file.root, at);
  const vars = holder.kind === 'map' ? holder.entries.get('vars')?.value : undefined;
  if (vars?.kind !== 'map') return [];
  return [...vars.entries].flatMap(([path, { key, value }]) => {
    const written: WrittenOverride = {
      value: plain(value),
      line: (steps) => file.places.at(spanOf(value, steps, false).start).line,
      keyPlace: () => file.places.place(key.start, key.end),
      place: (steps, onKey) => {
        const { start, end } = spanOf(value, steps, onKey);
        return file.places.place(start, end);
      },
    };
    return readOverride(path, written, file.places.file, scope, errors);
  });
}

/** One path with its value, as overrides of single settings; what is wrong is added to `errors`. */
export function readOverride(
  path: string,
  { value, line: lineOf, keyPlace, place }: WrittenOverride,
  file: string,
  scope: string,
  errors: ProvisionError[],
): GuestVar[] {
  const problem = pathProblem(path);
  if (problem !== null) {
    errors.push(new ProvisionError('E_INVENTORY', problem.message, { hint: problem.hint, where: keyPlace() }));
    return [];
  }
  const complaints = overrideComplaints(path, value);
  if (complaints.length > 0) {
    // The complaint's path begins at the profile's top; what is left of it after ours lies inside this value.
    const depth = splitPath(path).length;
    for (const { path: inner, onKey, message, hint } of complaints) {
      errors.push(new ProvisionError('E_INVENTORY', message, { hint, where: place(inner.slice(depth), onKey) }));
    }
    return [];
  }
  return flatten([], value).map(({ steps, leaf }) => {
    const line = lineOf(steps);
    const at = line === undefined ? {} : { line };
    return { path: [...splitPath(path), ...steps].join('.'), value: leaf, scope, file, ...at };
  });
}

function flatten(steps: string[], leaf: Plain): { steps: string[]; leaf: Plain }[] {
  if (typeof leaf !== 'object' || leaf === null || Array.isArray(leaf)) return [{ steps, leaf }];
  const entries = Object.entries(leaf);
  return entries.length === 0 ? [{ steps, leaf }] : entries.flatMap(([key, value]) => flatten([...steps, key], value));
}

import { ProvisionError } from '../errors.ts';
import { spanOf } from '../yaml/check.ts';
import { overrideComplaints, pathProblem, splitPath } from '../profile/paths.ts';
import type { YamlFile } from '../yaml/read.ts';
import { nodeAt, plain, type YamlNode } from '../yaml/tree.ts';
import type { GuestVar } from './guest.ts';

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
    const problem = pathProblem(path);
    if (problem === null) return leaves(path, value, file, scope, errors);
    errors.push(
      new ProvisionError('E_INVENTORY', problem.message, {
        hint: problem.hint,
        where: file.places.place(key.start, key.end),
      }),
    );
    return [];
  });
}

function leaves(path: string, node: YamlNode, file: YamlFile, scope: string, errors: ProvisionError[]): GuestVar[] {
  const complaints = overrideComplaints(path, plain(node));
  if (complaints.length > 0) {
    // The complaint's path begins at the profile's top; what is left of it after ours lies inside this value.
    const depth = splitPath(path).length;
    for (const { path: inner, onKey, message, hint } of complaints) {
      const target = spanOf(node, inner.slice(depth), onKey);
      errors.push(
        new ProvisionError('E_INVENTORY', message, { hint, where: file.places.place(target.start, target.end) }),
      );
    }
    return [];
  }
  return flatten(splitPath(path), node).map(({ path: steps, node: leaf }) => {
    const { line } = file.places.at(leaf.start);
    return { path: steps.join('.'), value: plain(leaf), scope, file: file.places.file, line };
  });
}

function flatten(path: string[], node: YamlNode): { path: string[]; node: YamlNode }[] {
  if (node.kind !== 'map' || node.entries.size === 0) return [{ path, node }];
  return [...node.entries].flatMap(([key, { value }]) => flatten([...path, key], value));
}

import { ProvisionError, type Place } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import { readYaml } from '../yaml/read.ts';
import { didYouMean } from '../yaml/suggest.ts';
import type { Plain } from '../yaml/tree.ts';
import { leavesOf, type Leaf, type Leaves } from './leaves.ts';
import { overrideComplaints, pathProblem, profileSections, splitPath } from './paths.ts';

/** An override of the inventory: what `vars` of a guest or a group say. */
export interface ProfileVar {
  /** Dotted profile path. */
  readonly path: string;
  readonly value: unknown;
  /** `group desktops` or `guest vm1`. */
  readonly scope: string;
  readonly file: string;
  readonly line?: number;
}

const FLAG = '--set';

/**
 * Reads the argument of `--set PATH=VALUE`; the value is YAML.
 * @throws ProvisionError E_PROFILE: no `=`, an unknown path, a value that the path does not take
 */
export function parseSet(text: string): Leaf[] {
  const equals = text.indexOf('=');
  const where: Place = { file: FLAG, line: 1, col: 1 };
  if (equals < 1 || /[\r\n]/.test(text)) {
    const message = `${FLAG} takes PATH=VALUE, not ${quoted(text)}`;
    throw new ProvisionError('E_PROFILE', message, { hint: `for example ${FLAG} hung_task.timeout=120s`, where });
  }
  const path = text.slice(0, equals).trim();
  const problem = pathProblem(path);
  if (problem) throw new ProvisionError('E_PROFILE', problem.message, { hint: problem.hint, where });
  const yaml = readYaml(`${path}: ${text.slice(equals + 1)}`, FLAG, 'E_PROFILE');
  const [first] = yaml.problems;
  if (first) throw first;
  const node = yaml.root.entries.get(path)?.value;
  if (node === undefined || yaml.root.entries.size > 1) {
    throw new ProvisionError('E_PROFILE', `${FLAG} takes one value, not ${quoted(text)}`, { where });
  }
  const leaves = leavesOf(node, splitPath(path), yaml, () => ({ kind: 'set', text }));
  checkOverrides(leaves, 'E_PROFILE');
  return leaves;
}

/** Vars of the inventory as leaves; their values were checked when the inventory was read. */
export function varLeaves(vars: readonly ProfileVar[]): Leaf[] {
  return vars.map(({ path, value, scope, file, line }) => {
    const at = line === undefined ? {} : { line };
    return {
      path: splitPath(path),
      value: value as Plain,
      origin: { kind: 'vars', scope, file, ...at },
      place: () => ({ file, ...at }),
    };
  });
}

/** @throws ProvisionError with the leaf's place, for the first that its path does not take */
function checkOverrides(leaves: readonly Leaf[], code: 'E_PROFILE' | 'E_INVENTORY'): void {
  for (const leaf of leaves) {
    const [complaint] = overrideComplaints(leaf.path.join('.'), leaf.value);
    if (complaint) throw new ProvisionError(code, complaint.message, { hint: complaint.hint, where: leaf.place() });
  }
}

/**
 * Checks the sections of `--skip`.
 * @throws ProvisionError E_USAGE for one that no profile has
 */
export function checkSections(sections: readonly string[]): void {
  const known = profileSections();
  for (const section of sections) {
    if (known.includes(section)) continue;
    throw new ProvisionError('E_USAGE', `there is no section ${quoted(section)} to skip${didYouMean(section, known)}`, {
      hint: `sections are ${known.join(', ')}`,
    });
  }
}

/** The leaves without whole sections. */
export function withoutSections(leaves: Leaves, sections: readonly string[]): Leaves {
  return new Map([...leaves].filter(([, { path }]) => !sections.includes(path[0] ?? '')));
}

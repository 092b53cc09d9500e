import type { Place } from '../errors.ts';
import { checkYaml } from '../yaml/check.ts';
import { readYaml, throwAll, type YamlFile } from '../yaml/read.ts';
import { ProvisionError } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import { leavesOf, merge, type Leaves } from './leaves.ts';
import { profilePaths } from './paths.ts';
import { profileSchema } from './schema.ts';
import { sysctlKey } from './sysctl-key.ts';

/** One profile file: what it says itself, without its bases and without defaults. */
export interface ProfileSource {
  readonly file: string;
  readonly name: string;
  readonly description: string;
  readonly extends: readonly { readonly name: string; readonly place: Place }[];
  readonly leaves: Leaves;
}

/**
 * Reads a profile.
 * @param file what errors call it
 * @throws ProvisionErrors E_PROFILE, all that is wrong with the file, each with line, column and an excerpt
 */
export function parseProfile(text: string, file: string): ProfileSource {
  const yaml = readYaml(text, file, 'E_PROFILE');
  const values = checkYaml(profileSchema, yaml, unknownKeyHint);
  refuseSameSysctlTwice(yaml);
  const leaves = leavesOf(yaml.root, [], yaml, (at) => ({ kind: 'profile', file, ...yaml.places.at(at) }));
  return {
    file,
    name: values.name,
    description: values.description ?? '',
    extends: basesOf(yaml),
    leaves: merge(new Map(), leaves),
  };
}

function basesOf({ root, places }: YamlFile): ProfileSource['extends'] {
  const node = root.entries.get('extends')?.value;
  const items = node === undefined ? [] : node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) =>
    item.kind === 'scalar' ? [{ name: String(item.value), place: places.place(item.start, item.end) }] : [],
  );
}

/** `kernel.panic` and `kernel/panic` are one key, which YAML cannot know. */
function refuseSameSysctlTwice({ root, places }: YamlFile): void {
  const node = root.entries.get('sysctl')?.value;
  if (node?.kind !== 'map') return;
  const seen = new Map<string, number>();
  const errors: ProvisionError[] = [];
  for (const [key, { key: span }] of node.entries) {
    const first = seen.get(sysctlKey(key));
    if (first === undefined) {
      seen.set(sysctlKey(key), places.at(span.start).line);
      continue;
    }
    errors.push(
      new ProvisionError('E_PROFILE', `sysctl has ${quoted(sysctlKey(key))} twice, first in line ${first}`, {
        hint: 'keep one of them',
        where: places.place(span.start, span.end),
      }),
    );
  }
  throwAll(errors);
}

function unknownKeyHint(key: string, path: readonly PropertyKey[]): string | undefined {
  if (/^(?:kernel|vm|fs|net|dev|user)[./]/.test(key)) return 'a sysctl goes under sysctl:';
  if (profilePaths().some((entry) => entry.path === key)) return 'write it as keys within keys, not with dots';
  if (/^\d+[KMG]?-/i.test(key)) return 'inside { } a comma begins a new key: put the value in quotes';
  const elsewhere = profilePaths().find((entry) => entry.path.endsWith(`.${key}`));
  if (elsewhere === undefined) return undefined;
  return `it belongs under ${elsewhere.path.slice(0, -key.length - 1)}${path.length === 0 ? ': check the indentation' : ''}`;
}

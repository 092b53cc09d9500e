import { ProvisionErrors } from '../errors.ts';
import { readYaml, type YamlFile } from '../yaml/read.ts';
import type { YamlMap } from '../yaml/tree.ts';

/** How an inventory is written down. */
export type Format = 'provision' | 'ansible-yaml' | 'ansible-ini' | 'dynamic' | 'ssh-config' | 'plugin' | 'vault';

export interface Guess {
  readonly format: Format;
  /** Nothing else fits, rather than that this one does. */
  readonly lastResort?: true;
  /** What was read to find out. */
  readonly yaml?: YamlFile;
}

/** What a person may have meant, for the error about a file that is none of it. */
export const FORMATS =
  'YAML of provision or Ansible, Ansible INI, JSON of a dynamic inventory, ssh_config: nearest to INI, read as that';

/** Tells the format by what is in the file; its name says nothing. */
export function formatOf(source: string, file: string): Guess {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const first = firstLine(text);
  if (first.startsWith('$ANSIBLE_VAULT')) return { format: 'vault' };
  if (first.startsWith('{')) return isDynamic(text) ? { format: 'dynamic' } : yamlKind(text, file);
  if (first === '' || /^(?:---|%YAML|- |-$|\[\s*\]|["']?[^\s"':#=[\]]+["']?\s*:(?:\s|$))/.test(first)) {
    return yamlKind(text, file);
  }
  if (first.startsWith('[')) return { format: 'ansible-ini' };
  if (isSshConfig(text)) return { format: 'ssh-config' };
  return /^\[[^\]\s]+\]/m.test(text) || /^\S+\s+\w+=/.test(first)
    ? { format: 'ansible-ini' }
    : { format: 'ansible-ini', lastResort: true };
}

/** A keyword with a value first, and a Host somewhere. */
export function isSshConfig(text: string): boolean {
  return /^\w+(?:\s+|\s*=\s*)\S/.test(firstLine(text)) && /^\s*Host(?:\s+|\s*=\s*)\S/im.test(text);
}

/** The first line that is neither blank nor a comment. */
function firstLine(text: string): string {
  return /^(?![^\S\n]*(?:[#;].*)?$).*$/m.exec(text)?.[0].trim() ?? '';
}

/** What a program prints, or a copy of it: only JSON has `_meta`. */
function isDynamic(text: string): boolean {
  if (!text.includes('"_meta"')) return false;
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && Object.hasOwn(data, '_meta');
  } catch {
    return false;
  }
}

function yamlKind(text: string, file: string): Guess {
  // The usual case without reading everything twice.
  if (/^guests\s*:/m.test(text)) return { format: 'provision' };
  try {
    const yaml = readYaml(text, file, 'E_INVENTORY', 'ansible');
    return { format: kindOf(yaml.root), yaml };
  } catch (error) {
    // Whoever reads it next says the same in its own words.
    if (error instanceof ProvisionErrors) return { format: /^all\s*:/m.test(text) ? 'ansible-yaml' : 'provision' };
    throw error;
  }
}

/** Keys at the top of Ansible's YAML are groups, so what is below them tells. */
function kindOf({ entries }: YamlMap): Format {
  if (entries.has('guests')) return 'provision';
  const plugin = entries.get('plugin')?.value;
  if (plugin?.kind === 'scalar' && plugin.value !== null) return 'plugin';
  const isAnsible = [...entries].some(([name, { value }]) => {
    if (name === 'defaults' || name === 'groups') return false;
    if (name === 'all' || name === 'ungrouped') return true;
    return value.kind === 'map' && ['hosts', 'children', 'vars'].some((section) => value.entries.has(section));
  });
  return isAnsible ? 'ansible-yaml' : 'provision';
}

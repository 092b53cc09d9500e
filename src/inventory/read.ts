import { ProvisionError, ProvisionErrors } from '../errors.ts';
import { readYaml } from '../yaml/read.ts';
import { Definitions } from './ansible/definitions.ts';
import { parseDynamic, readDynamic, type DynamicAnswer } from './ansible/dynamic.ts';
import { readIni } from './ansible/ini.ts';
import { inventoryOf } from './ansible/inventory.ts';
import type { VarsFinder } from './ansible/layers.ts';
import { readAnsibleYaml } from './ansible/yaml.ts';
import { formatOf, FORMATS } from './format.ts';
import type { Guest, Inventory } from './guest.ts';
import { fileMark } from './mark.ts';
import { mergeInventories } from './merge.ts';
import { parseInventory } from './parse.ts';

/** One inventory as the loader found it. */
export type Source =
  | { readonly kind: 'text'; readonly file: string; readonly text: string }
  /** What a program said. */
  | { readonly kind: 'program'; readonly file: string; readonly answer: DynamicAnswer }
  /** Guests that are complete: those of an ssh_config. */
  | { readonly kind: 'guests'; readonly guests: readonly Guest[]; readonly problems: Inventory['problems'] };

/**
 * Reads an inventory of any kind that is known.
 * @throws ProvisionErrors E_INVENTORY, each with a place
 */
export function readInventory(text: string, file: string): Inventory {
  return readInventories([{ kind: 'text', file, text }], []);
}

/**
 * Reads all inventories of a run as one. Those of Ansible are merged as Ansible merges them: later ones win.
 * @param finders the group_vars and host_vars beside them, in the order of the inventories
 * @throws ProvisionErrors E_INVENTORY, each with a place: also for a guest that two inventories of different kinds define
 */
export function readInventories(sources: readonly Source[], finders: readonly VarsFinder[]): Inventory {
  const { ansible, others } = readSources(sources);
  const [first, ...more] = [...(ansible ? [inventoryOf(ansible, finders)] : []), ...others];
  return mergeInventories(first ?? inventoryOfGuests([], new Map()), more);
}

/** What all inventories say: those of Ansible together, the others each complete. */
export function readSources(sources: readonly Source[]): {
  readonly ansible: Definitions | undefined;
  readonly others: readonly Inventory[];
} {
  const ansible = new Definitions(fileMark(sources.find((source) => source.kind !== 'guests')?.file ?? 'inventory'));
  let isAnsible = false;
  const others: Inventory[] = [];
  for (const source of sources) {
    const own = source.kind === 'guests' ? inventoryOfGuests(source.guests, source.problems) : addTo(ansible, source);
    if (own) others.push(own);
    else isAnsible = true;
  }
  return { ansible: isAnsible ? ansible : undefined, others };
}

/** Adds an inventory to Ansible's definitions, or answers with one in a format of its own. */
function addTo(ansible: Definitions, source: Exclude<Source, { kind: 'guests' }>): Inventory | undefined {
  const { file } = source;
  if (source.kind === 'program') {
    readDynamic(source.answer, file, ansible);
    return undefined;
  }
  const { text } = source;
  const { format, lastResort, yaml } = formatOf(text, file);
  if (format === 'provision') return parseInventory(text, file);
  if (format === 'dynamic') readDynamic(parseDynamic(text, file), file, ansible);
  else if (format === 'ansible-yaml') readAnsibleYaml(yaml ?? readYaml(text, file, 'E_INVENTORY', 'ansible'), ansible);
  else if (format === 'ansible-ini') {
    const before = ansible.errors.length;
    readIni(text, file, ansible);
    const [wrong] = ansible.errors.slice(before);
    if (wrong && lastResort) throw new ProvisionErrors([withFormats(wrong)]);
  } else throw new ProvisionErrors([unreadable(format, file)]);
  return undefined;
}

function withFormats({ message, where }: ProvisionError): ProvisionError {
  return new ProvisionError('E_INVENTORY', message, { hint: `tried: ${FORMATS}`, where });
}

function unreadable(format: string, file: string): ProvisionError {
  const [message, hint] =
    format === 'vault'
      ? ['the inventory is encrypted with ansible-vault', `ansible-vault view ${file} | provision .. -i -`]
      : format === 'plugin'
        ? [
            'this configures a plugin of Ansible',
            `pipe its answer: ansible-inventory -i ${file} --list | provision .. -i -`,
          ]
        : ['this is an ssh_config', 'give it as a file: -i FILE'];
  return new ProvisionError('E_INVENTORY', message, { hint, where: { file, line: 1 } });
}

function inventoryOfGuests(guests: readonly Guest[], problems: Inventory['problems']): Inventory {
  const names = guests.map(({ name }) => name);
  return { guests, groups: {}, tree: new Map([['all', { children: [], guests: names }]]), problems, notes: [] };
}

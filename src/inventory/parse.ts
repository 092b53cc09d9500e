import { ProvisionError } from '../errors.ts';
import { checkYaml } from '../yaml/check.ts';
import { quoted } from '../yaml/place.ts';
import { readYaml, throwAll, type YamlFile } from '../yaml/read.ts';
import { didYouMean } from '../yaml/suggest.ts';
import { nodeAt } from '../yaml/tree.ts';
import type { Guest, GroupNode, GuestVar, Inventory, Label } from './guest.ts';
import { inventorySchema, type Connection, type InventoryValues } from './schema.ts';
import { LOCAL } from './target.ts';
import { readVars } from './vars.ts';

type Groups = NonNullable<InventoryValues['groups']>;

/**
 * Reads an inventory in our own format. Settings of a guest win over those of its groups (the later group over the
 * earlier), these over `defaults`.
 * @throws ProvisionErrors E_INVENTORY, all that is wrong, each with line, column and an excerpt
 */
export function parseInventory(text: string, file: string): Inventory {
  const yaml = readYaml(text, file, 'E_INVENTORY');
  const values = checkYaml(inventorySchema, yaml, unknownKeyHint);
  const groups = values.groups ?? {};
  const errors = [...emptiness(values, yaml), ...wrongMembers(groups, values.guests, yaml)];
  const defaultVars = readVars(yaml, ['defaults'], 'defaults', errors);
  const groupVars = new Map(
    Object.keys(groups).map((name) => [name, readVars(yaml, ['groups', name], `group ${name}`, errors)]),
  );
  const guests = Object.entries(values.guests).map(([name, own]) => {
    const mine = Object.keys(groups).filter((group) => groups[group]?.guests.includes(name));
    const vars = readVars(yaml, ['guests', name], `guest ${name}`, errors);
    const layers = [values.defaults, ...mine.map((group) => groups[group]), own];
    const all = [...defaultVars, ...mine.flatMap((group) => groupVars.get(group) ?? []), ...vars];
    const { line } = yaml.places.at(keyOf(yaml, name));
    return { ...toGuest(name, own?.host ?? name, layers, mine, all), from: { file, line } };
  });
  throwAll(errors);
  const members = Object.entries(groups).map(([name, group]) => [name, group.guests] as const);
  const alone = guests.filter((guest) => guest.groups.length === 0).map(({ name }) => name);
  return {
    guests,
    groups: Object.fromEntries(members),
    tree: new Map<string, GroupNode>([
      ['all', { children: members.map(([name]) => name), guests: alone }],
      ...members.map(([name, names]) => [name, { children: [], guests: names }] as const),
    ]),
    problems: new Map(),
    labels: labelsOf(values),
    notes: [],
  };
}

function labelsOf({ defaults, groups = {}, guests }: InventoryValues): Map<string, Label> {
  return new Map(
    Object.entries(guests).map(([name, own]) => {
      const mine = Object.values(groups).filter((group) => group.guests.includes(name));
      const layers = [defaults, ...mine, own].map((layer) => layer?.labels ?? {});
      return [name, (label) => textOf(layers.findLast((layer) => Object.hasOwn(layer, label))?.[label])];
    }),
  );
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Where the name of a guest stands. */
function keyOf({ root }: YamlFile, name: string): number {
  const guests = nodeAt(root, ['guests']);
  return (guests.kind === 'map' ? guests.entries.get(name)?.key.start : undefined) ?? guests.start;
}

function toGuest(
  name: string,
  host: string,
  layers: readonly (Connection | null | undefined)[],
  groups: readonly string[],
  vars: readonly GuestVar[],
): Guest {
  const latest = <K extends keyof Connection>(key: K): Connection[K] =>
    layers.findLast((layer) => layer?.[key] !== undefined)?.[key];
  const files = latest('identity_file');
  const [port, user, jump] = [latest('port'), latest('user'), latest('jump')];
  return {
    name,
    transport: host === LOCAL ? 'local' : (latest('transport') ?? 'ssh'),
    host: host.replace(/^\[(.+)\]$/, '$1'),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(files === undefined ? {} : { identityFiles: typeof files === 'string' ? [files] : files }),
    ...(jump === undefined ? {} : { jump }),
    become: latest('become') ?? false,
    groups,
    vars,
  };
}

function emptiness({ guests }: InventoryValues, yaml: YamlFile): ProvisionError[] {
  if (Object.keys(guests).length > 0) return [];
  const { start } = nodeAt(yaml.root, ['guests']);
  return [
    new ProvisionError('E_INVENTORY', 'the inventory has no guests', {
      hint: 'add one under guests: vm1: { host: 192.0.2.11 }',
      where: yaml.places.place(start),
    }),
  ];
}

function wrongMembers(groups: Groups, guests: InventoryValues['guests'], yaml: YamlFile): ProvisionError[] {
  const known = Object.keys(guests);
  return Object.entries(groups).flatMap(([name, { guests: members }]) => {
    const own = Object.hasOwn(guests, name) ? [`${quoted(name)} is a guest and a group`] : [];
    const errors = own.map((message) => error(message, 'rename one of them', yaml, ['groups', name]));
    members.forEach((member, index) => {
      const at = ['groups', name, 'guests', index];
      if (!Object.hasOwn(guests, member)) {
        const message = `group ${name} names ${quoted(member)}, which is no guest${didYouMean(member, known)}`;
        errors.push(error(message, 'list it under guests:', yaml, at));
      } else if (members.indexOf(member) < index) {
        errors.push(error(`group ${name} names ${quoted(member)} twice`, 'keep one of them', yaml, at));
      }
    });
    return errors;
  });
}

function error(message: string, hint: string, yaml: YamlFile, path: readonly (string | number)[]): ProvisionError {
  const node = nodeAt(yaml.root, path);
  return new ProvisionError('E_INVENTORY', message, { hint, where: yaml.places.place(node.start, node.end) });
}

/** Keys that other tools use for the same things. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  hosts: 'guests are listed under guests:',
  ansible_host: 'this is the own format of provision: host',
  ansible_user: 'this is the own format of provision: user',
  ansible_port: 'this is the own format of provision: port',
  hostname: 'the address is host',
  key: 'the private key is identity_file',
  private_key: 'the private key is identity_file',
  sudo: 'sudo is become: true',
  password: 'passwords are asked for (-K), never written down',
  become_password: 'passwords are asked for (-K), never written down',
};

function unknownKeyHint(key: string): string | undefined {
  if (/^[a-z_]+\.[a-z_.]+$/.test(key)) return 'overrides of the profile go under vars:';
  return Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
}

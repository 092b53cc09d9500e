import { ProvisionError, ProvisionErrors } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';
import type { Plain } from '../../yaml/tree.ts';
import { fileMark, type Mark } from '../mark.ts';
import type { Definitions, GroupDefinition } from './definitions.ts';

type Fields = Readonly<Record<string, Plain>>;

/** What `--list` of a dynamic inventory prints, read as far as it is JSON. */
export interface DynamicAnswer {
  readonly groups: Fields;
  /** `_meta.hostvars`; undefined when every host has to be asked for on its own. */
  readonly hostVars: Fields | undefined;
}

/** @throws ProvisionErrors E_INVENTORY for what is not a JSON object, or has a `_meta` that is none */
export function parseDynamic(text: string, file: string): DynamicAnswer {
  const data = parseJson(text, file);
  if (!isFields(data)) throw refused('it printed no JSON object', file);
  const { _meta: meta, ...groups } = data;
  const hostVars = isFields(meta) ? meta['hostvars'] : undefined;
  if (meta !== undefined && !isFields(meta)) throw refused('_meta is no JSON object', file);
  if (hostVars !== undefined && !isFields(hostVars)) throw refused('_meta.hostvars is no JSON object', file);
  return { groups, hostVars };
}

/** The answer of `--host NAME`: its variables; nothing at all means none. */
export function parseHostAnswer(text: string, host: string, file: string): Fields {
  if (text.trim() === '') return {};
  const data = parseJson(text, file);
  if (!isFields(data)) throw refused(`--host ${quoted(host)} printed no JSON object`, file);
  return data;
}

/** Every host that the groups name, once. */
export function hostsOf({ groups }: DynamicAnswer): string[] {
  const names = Object.entries(groups).flatMap(([name, data]) => {
    const { hosts } = groupFields(name, data);
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : [];
  });
  return [...new Set(names)];
}

/** Adds what a dynamic inventory says: groups with hosts, children and vars, and variables of hosts. */
export function readDynamic({ groups, hostVars = {} }: DynamicAnswer, file: string, into: Definitions): void {
  const mark = fileMark(file);
  for (const [name, data] of Object.entries(groups)) readGroup(into.group(name, mark), data, mark, into);
  for (const [name, vars] of Object.entries(hostVars)) {
    const host = into.hosts.get(name);
    // Scripts often know more hosts than they put into groups; those are no guests, as in Ansible.
    if (host === undefined) continue;
    if (!isFields(vars)) {
      into.error(`the variables of ${quoted(name)} are no JSON object`, 'hostvars are {"name": value}', mark);
      continue;
    }
    for (const [key, value] of Object.entries(vars)) into.set(host, key, variable(value, mark));
  }
}

function readGroup(group: GroupDefinition, data: Plain, mark: Mark, into: Definitions): void {
  const { hosts = [], children = [], vars = {} } = groupFields(group.name, data);
  if (!isFields(vars)) into.error(`vars of group ${group.name} is no JSON object`, 'it is {"name": value}', mark);
  else for (const [key, value] of Object.entries(vars)) into.setGroup(group, key, variable(value, mark));
  for (const name of names(hosts, `hosts of group ${group.name}`, mark, into)) into.host(name, group, mark);
  for (const name of names(children, `children of group ${group.name}`, mark, into)) {
    into.addChild(group, into.group(name, mark), mark);
  }
}

/** A list is the hosts; an object without hosts, vars and children is one host of the group's name, and its variables. */
function groupFields(name: string, data: Plain): Partial<Fields> {
  if (!isFields(data)) return { hosts: data };
  if (Object.keys(data).length === 0) return {};
  return ['hosts', 'vars', 'children'].some((key) => Object.hasOwn(data, key)) ? data : { hosts: [name], vars: data };
}

function names(list: Plain, what: string, mark: Mark, into: Definitions): string[] {
  if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  into.error(`${what} is no list of names`, 'it is ["name", ...]', mark);
  return [];
}

function variable(value: Plain, mark: Mark): { value: Plain; sealed?: true; mark: Mark } {
  const sealed = isFields(value) && Object.hasOwn(value, '__ansible_vault');
  const text = isFields(value) ? value['__ansible_unsafe'] : undefined;
  return { value: text ?? value, ...(sealed ? { sealed: true } : {}), mark };
}

function parseJson(text: string, file: string): Plain {
  try {
    return JSON.parse(text) as Plain;
  } catch (cause) {
    // What comes after the comma quotes the text, which may hold a password.
    const reason = cause instanceof Error ? cause.message.replace(/,[^]*$| in JSON[^]*$/, '') : '';
    throw refused(`it printed no JSON (${quoted(reason).slice(1, -1)})`, file);
  }
}

function refused(message: string, file: string): ProvisionErrors {
  const hint = 'a dynamic inventory prints {"GROUP": {"hosts": [..]}, "_meta": {"hostvars": {..}}}';
  return new ProvisionErrors([new ProvisionError('E_INVENTORY', message, { hint, where: { file } })]);
}

function isFields(data: Plain | undefined): data is Fields {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

import { quoted } from '../../yaml/place.ts';
import type { YamlFile } from '../../yaml/read.ts';
import { closest, didYouMean } from '../../yaml/suggest.ts';
import type { YamlMap, YamlNode } from '../../yaml/tree.ts';
import { spot, textMark, type Mark } from '../mark.ts';
import type { Definitions, GroupDefinition } from './definitions.ts';
import { expandHosts } from './host-range.ts';
import { setPort } from './port.ts';
import { yamlVariable } from './yaml-variable.ts';

const SECTIONS = ['hosts', 'children', 'vars'];

/** Reads an inventory in Ansible's YAML format: groups by name, each with hosts, children and vars. */
export function readAnsibleYaml(yaml: YamlFile, into: Definitions): void {
  into.errors.push(...yaml.problems);
  new YamlReader(yaml, into).read();
}

class YamlReader {
  readonly #yaml: YamlFile;
  readonly #into: Definitions;

  constructor(yaml: YamlFile, into: Definitions) {
    this.#yaml = yaml;
    this.#into = into;
  }

  read(): void {
    for (const [name, { key, value }] of this.#yaml.root.entries) {
      const mark = this.#mark(key);
      // Anchors to be used further down are often kept at the top.
      const isGroup = value.kind === 'map' ? hasSection(value) : value.kind === 'scalar' && value.value === null;
      if (isGroup || name === 'all') this.#group(name, value, mark);
      else this.#into.notes.push(`${spot(mark)}: ${quoted(name)} is no group and was passed over`);
    }
  }

  #group(name: string, node: YamlNode, mark: Mark): GroupDefinition {
    const group = this.#into.group(name, mark);
    if (node.kind !== 'map') {
      if (node.kind === 'scalar' && node.value === null) return group;
      this.#into.error(`group ${name} holds no hosts, children or vars`, 'they are keys below it', this.#mark(node));
      return group;
    }
    for (const [section, { key, value }] of node.entries) {
      const entries = SECTIONS.includes(section) ? this.#entries(section, name, value) : undefined;
      if (section === 'vars') for (const [each, at] of entries ?? []) this.#variable(group, each, at);
      else if (section === 'children') for (const [each, at] of entries ?? []) this.#child(group, each, at);
      else if (section === 'hosts') for (const [each, at] of entries ?? []) this.#hosts(group, each, at);
      else {
        const near = didYouMean(section, SECTIONS);
        const message = `group ${name} has the key ${quoted(section)}${near}`;
        this.#into.error(message, 'a group has hosts, children and vars', this.#mark(key));
      }
    }
    return group;
  }

  /** The entries of a section; a single name is allowed for a mapping of one. */
  #entries(section: string, group: string, node: YamlNode): [string, Entry][] {
    if (node.kind === 'map') return [...node.entries];
    if (node.kind === 'scalar' && node.value === null) return [];
    if (node.kind === 'scalar' && typeof node.value === 'string' && section !== 'vars') {
      const nothing: YamlNode = { kind: 'scalar', start: node.end, end: node.end, value: null };
      return [[node.value, { key: node, value: nothing }]];
    }
    const message = `${section} of group ${group} is no mapping`;
    this.#into.error(
      message,
      section === 'vars' ? 'write key: value' : 'put a colon after each name',
      this.#mark(node),
    );
    return [];
  }

  #variable(group: GroupDefinition, key: string, { value }: Entry): void {
    this.#into.setGroup(group, key, yamlVariable(this.#yaml, value));
  }

  #child(group: GroupDefinition, name: string, { key, value }: Entry): void {
    const mark = this.#mark(key);
    this.#into.addChild(group, this.#group(name, value, mark), mark);
  }

  #hosts(group: GroupDefinition, pattern: string, { key, value }: Entry): void {
    const mark = this.#mark(key);
    const found = expandHosts(pattern);
    if (typeof found === 'string') {
      this.#into.error(`${quoted(pattern)}: ${found}`, 'a key of hosts is a host or a range', mark);
      return;
    }
    if (value.kind !== 'map' && !(value.kind === 'scalar' && value.value === null)) {
      this.#into.error(`host ${quoted(pattern)} has no variables but a value`, 'write key: value below it', mark);
      return;
    }
    for (const name of found.names) {
      const isNew = !this.#into.hosts.has(name);
      const host = this.#into.host(name, group, mark);
      if (found.port !== undefined) setPort(this.#into, host, found.port, isNew, mark);
      for (const [each, at] of value.kind === 'map' ? value.entries : []) {
        this.#into.set(host, each, yamlVariable(this.#yaml, at.value));
      }
    }
  }

  #mark({ start, end }: { readonly start: number; readonly end: number }): Mark {
    return textMark(this.#yaml.places, start, end);
  }
}

interface Entry {
  readonly key: { readonly start: number; readonly end: number };
  readonly value: YamlNode;
}

/** Or has what was meant to be one. */
function hasSection({ entries }: YamlMap): boolean {
  return entries.size === 0 || [...entries.keys()].some((key) => closest(key, SECTIONS) !== undefined);
}

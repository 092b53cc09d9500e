import { ProvisionErrors, type ProvisionError } from '../../errors.ts';
import { readYaml } from '../../yaml/read.ts';
import type { GuestVar } from '../guest.ts';
import type { Definitions, GroupDefinition, HostDefinition, Variable, Variables } from './definitions.ts';
import type { Hierarchy } from './hierarchy.ts';
import { overridesOf } from './overrides.ts';
import { yamlVariable } from './yaml-variable.ts';

/** A file with variables, `group_vars/web.yml` for instance. */
export interface VarsFile {
  readonly file: string;
  readonly text: string;
}

/** The folders `group_vars` and `host_vars` beside an inventory: the files of one group or host, in order. */
export type VarsFinder = (kind: 'group' | 'host', name: string) => readonly VarsFile[];

/** Variables laid over each other: each with its last value, and the overrides of the profile in order. */
interface Laid {
  readonly vars: ReadonlyMap<string, Variable>;
  readonly overrides: readonly GuestVar[];
}

/** All that is said about one host: of a variable in several layers, the last one counts. */
export interface HostVariables {
  readonly layers: readonly ReadonlyMap<string, Variable>[];
  readonly overrides: readonly GuestVar[];
}

/**
 * Lays the variables of a host over each other in the order that Ansible documents: those that inventories give to
 * `all`, then to its groups, then `group_vars/all`, then `group_vars` of its groups, then its own, then `host_vars`.
 * Within the groups: parents first, then by priority, then by name; of several inventories the later ones win.
 */
export class Layers {
  readonly #definitions: Definitions;
  readonly #hierarchy: Hierarchy;
  readonly #finders: readonly VarsFinder[];
  readonly #ofGroups = new Map<readonly GroupDefinition[], Laid>();
  readonly #files = new Map<string, Laid>();
  readonly #inline = new Map<GroupDefinition, Laid>();

  constructor(definitions: Definitions, hierarchy: Hierarchy, finders: readonly VarsFinder[]) {
    this.#definitions = definitions;
    this.#hierarchy = hierarchy;
    this.#finders = finders;
  }

  of(host: HostDefinition): HostVariables {
    const scope = `guest ${host.name}`;
    const own = { vars: host.vars, overrides: overridesOf(host.vars, scope, this.#errors) };
    const files = this.#finders.map((find) => this.#read(find('host', host.name), scope));
    const layers = [this.#groupsOf(host), own, ...files];
    return { layers: layers.map(({ vars }) => vars), overrides: layers.flatMap(({ overrides }) => overrides) };
  }

  /** Finds what is wrong with the variables of a group that may have no hosts. */
  check(group: GroupDefinition): void {
    this.#inlineOf(group);
  }

  #groupsOf(host: HostDefinition): Laid {
    const { all } = this.#definitions;
    const chain = this.#hierarchy.groupsOf(host);
    let found = this.#ofGroups.get(chain);
    if (!found) {
      const inline = [all, ...chain].map((group) => this.#inlineOf(group));
      const fromFiles = [[all], chain].flatMap((groups) =>
        this.#finders.flatMap((find) => groups.map(({ name }) => this.#read(find('group', name), `group ${name}`))),
      );
      found = laid([...inline, ...fromFiles]);
      this.#ofGroups.set(chain, found);
    }
    return found;
  }

  #inlineOf(group: GroupDefinition): Laid {
    const known = this.#inline.get(group);
    if (known) return known;
    const own = { vars: group.vars, overrides: overridesOf(group.vars, `group ${group.name}`, this.#errors) };
    this.#inline.set(group, own);
    return own;
  }

  /** Of the files of one group or host the later ones win. */
  #read(files: readonly VarsFile[], scope: string): Laid {
    return laid(files.map((file) => this.#readFile(file, scope)));
  }

  #readFile({ file, text }: VarsFile, scope: string): Laid {
    const known = this.#files.get(file);
    if (known) return known;
    const vars = this.#variables(text, file);
    const read = { vars, overrides: overridesOf(vars, scope, this.#errors) };
    this.#files.set(file, read);
    return read;
  }

  #variables(text: string, file: string): Variables {
    if (/^\ufeff?\s*\$ANSIBLE_VAULT;/.test(text)) {
      this.#definitions.notes.push(`${file} is encrypted with ansible-vault and was not read`);
      return new Map();
    }
    try {
      const yaml = readYaml(text, file, 'E_INVENTORY', 'ansible');
      this.#errors.push(...yaml.problems);
      return new Map([...yaml.root.entries].map(([key, { value }]) => [key, yamlVariable(yaml, value)]));
    } catch (error) {
      if (!(error instanceof ProvisionErrors)) throw error;
      this.#errors.push(...error.errors);
      return new Map();
    }
  }

  get #errors(): ProvisionError[] {
    return this.#definitions.errors;
  }
}

function laid(layers: readonly Laid[]): Laid {
  const filled = layers.filter(({ vars }) => vars.size > 0);
  const [only] = filled;
  if (only && filled.length === 1) return only;
  return {
    vars: new Map(filled.flatMap(({ vars }) => [...vars])),
    overrides: filled.flatMap(({ overrides }) => overrides),
  };
}

import { ProvisionError } from '../../errors.ts';
import { quoted } from '../../yaml/place.ts';
import type { Guest } from '../guest.ts';
import { isHostName, LOCAL, USER } from '../target.ts';
import type { HostDefinition, Variable } from './definitions.ts';
import { CONNECTION_KEYS } from './keys.ts';
import type { HostVariables } from './layers.ts';
import { jumpOf } from './ssh-args.ts';
import { isTemplate } from './template.ts';

/** Ansible's names of connections that are SSH. */
const SSH = new Set(['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'openssh', 'libssh', 'mitogen_ssh']);
const TRUE = ['y', 'yes', 'on', '1', 'true', 't', '1.0'];
const FALSE = ['n', 'no', 'off', '0', 'false', 'f', '0.0', ''];

interface UsableGuest {
  readonly guest: Guest;
  /** Why it cannot be reached as it is written down; nothing for most. */
  readonly problems: readonly ProvisionError[];
}

/** A guest out of Ansible's variables of a host. Whatever is no connection setting is somebody else's. */
export function guestOf(host: HostDefinition, groups: readonly string[], variables: HostVariables): UsableGuest {
  const reader = new ConnectionReader(variables);
  const { line, file } = host.mark;
  const shared = {
    name: host.name,
    groups,
    vars: variables.overrides,
    from: { file, ...(line === undefined ? {} : { line }) },
  };
  const become = reader.become();
  if (reader.isLocal()) {
    return { guest: { ...shared, transport: 'local', host: LOCAL, become }, problems: reader.problems };
  }
  const address = reader.address(host);
  const [port, user, identityFile, jump] = [reader.port(), reader.user(), reader.identityFile(), reader.jump()];
  return {
    guest: {
      ...shared,
      transport: 'ssh',
      host: address,
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(identityFile === undefined ? {} : { identityFiles: [identityFile] }),
      ...(jump === undefined ? {} : { jump }),
      become,
    },
    problems: reader.problems,
  };
}

type Setting = Extract<keyof typeof CONNECTION_KEYS, string>;

class ConnectionReader {
  readonly problems: ProvisionError[] = [];
  readonly #variables: HostVariables;

  constructor(variables: HostVariables) {
    this.#variables = variables;
  }

  isLocal(): boolean {
    const found = this.#text('connection');
    const name = found?.text.replace(/^(?:ansible\.(?:builtin|netcommon)|community\.\w+)\./, '');
    if (found === undefined || name === undefined || SSH.has(name)) return false;
    if (name !== 'local') {
      this.#problem(found, `takes ssh or local, not ${quoted(found.text)}`, 'leave such guests out: all:!GUEST');
    }
    return name === 'local';
  }

  address({ name, mark }: HostDefinition): string {
    const found = this.#text('host');
    const text = (found?.text ?? name).replace(/^\[([^\]]+)\]$/, '$1');
    if (isHostName(text)) return text;
    if (found) this.#problem(found, `takes a host name or an address, not ${quoted(found.text)}`, 'give the address');
    else if (this.problems.length === 0) {
      const details = { hint: 'give its address as ansible_host', where: mark.place() };
      this.problems.push(new ProvisionError('E_INVENTORY', `${quoted(name)} is no address`, details));
    }
    return text;
  }

  port(): number | undefined {
    const found = this.#text('port');
    if (found === undefined) return undefined;
    const port = /^\d{1,5}$/.test(found.text) ? Number(found.text) : 0;
    if (port > 0 && port < 65_536) return port;
    this.#problem(found, `takes 1 to 65535, not ${quoted(found.text)}`, 'give the port of sshd');
    return undefined;
  }

  user(): string | undefined {
    const found = this.#text('user');
    if (found === undefined || USER.test(found.text)) return found?.text;
    this.#problem(found, `takes a login name, not ${quoted(found.text)}`, 'give the login name');
    return undefined;
  }

  identityFile(): string | undefined {
    return this.#text('identityFile')?.text;
  }

  become(): boolean {
    const found = this.#text('become');
    const word = found?.text.toLowerCase() ?? '';
    if (found && !TRUE.includes(word) && !FALSE.includes(word)) {
      this.#problem(found, `takes true or false, not ${quoted(found.text)}`, 'write true or false');
    }
    if (!TRUE.includes(word)) return false;
    const user = this.#text('becomeUser');
    if (user && user.text !== 'root' && user.text !== '0') {
      this.#problem(user, `takes root alone, not ${quoted(user.text)}`, 'what provision changes is root’s');
    }
    const method = this.#text('becomeMethod');
    if (method && !/^(?:ansible\.builtin\.)?sudo$/.test(method.text)) {
      this.#problem(method, `takes sudo alone, not ${quoted(method.text)}`, 'log in as root, or through sudo');
    }
    return true;
  }

  jump(): string | undefined {
    // ssh takes the first value of an option.
    for (const key of CONNECTION_KEYS.sshArgs) {
      // A template for a file of known hosts, say, is none of our business.
      if (!/proxy|-J/i.test(JSON.stringify(this.#variable(key)?.value ?? ''))) continue;
      const found = this.#textOf(key);
      const jump = found && jumpOf(found.text);
      if (found === undefined || jump === undefined) continue;
      if ('jump' in jump) return jump.jump;
      if ('problem' in jump) this.#problem(found, `is not understood: ${jump.problem}`, 'write -o ProxyJump=user@host');
      return undefined;
    }
    return undefined;
  }

  #text(setting: Setting): Found | undefined {
    for (const key of CONNECTION_KEYS[setting]) {
      const found = this.#textOf(key);
      if (found) return found;
    }
    return undefined;
  }

  #variable(key: string): Variable | undefined {
    return this.#variables.layers.findLast((layer) => layer.has(key))?.get(key);
  }

  /** A variable as text. One that only Ansible can work out is a problem, and counts as not given. */
  #textOf(key: string): Found | undefined {
    const variable = this.#variable(key);
    if (variable === undefined || variable.value === null || variable.value === '') return undefined;
    const { value, text } = variable;
    const found = { key, variable, text: typeof value === 'string' ? value : (text ?? JSON.stringify(value)) };
    if (variable.sealed)
      this.#problem(found, 'is encrypted with ansible-vault', 'write what is no secret in the clear');
    else if (typeof value === 'object') this.#problem(found, 'takes one value', 'write it as text');
    else if (isTemplate(found.text)) {
      const message = `is a template, ${quoted(found.text)}, which only Ansible can fill in`;
      this.#problem(found, message, 'write the value itself');
    } else return found;
    return undefined;
  }

  #problem({ key, variable }: Found, message: string, hint: string): void {
    const where = variable.mark.place();
    this.problems.push(new ProvisionError('E_INVENTORY', `${key} ${message}`, { hint, where }));
  }
}

interface Found {
  readonly key: string;
  readonly variable: Variable;
  readonly text: string;
}

import { ProvisionError } from '../errors.ts';
import type { HostText } from '../inventory/target.ts';
import { hostToText, jumpFromText } from '../inventory/target.ts';

/** What is asked for, before any host of it is looked up. */
export type Proxy =
  | {
      readonly kind: 'jump';
      /** The host that reaches the guest, and the hosts that it is reached through itself when they are said. */
      readonly last: HostText;
      readonly before: string | undefined;
    }
  | { readonly kind: 'command'; readonly line: string };

/** What `%h`, `%n`, `%p` and `%r` stand for. */
export interface Destination {
  readonly host: string;
  /** As the person wrote it. */
  readonly name: string;
  readonly port: number;
  readonly user: string;
}

/**
 * Reads a value of ProxyJump as OpenSSH does: of `a,b,c` the guest is reached through c, c through `a,b`, and only a
 * through what ssh_config says for a.
 * @throws ProvisionError E_SSH_UNSUPPORTED
 */
export function jumpProxy(text: string, to: Destination, guest: string): Proxy | undefined {
  const hops = jumpFromText(fillIn(text, to, 'ProxyJump', guest));
  if (hops === null)
    throw refusal(guest, `ProxyJump ${text} is no list of hosts`, 'write [user@]host[:port], with commas between them');
  const last = hops.pop();
  if (last === undefined) return undefined;
  return { kind: 'jump', last, before: hops.length === 0 ? undefined : hops.map(hostToText).join(',') };
}

/**
 * The command line of a ProxyCommand, for a shell.
 * @throws ProvisionError E_SSH_UNSUPPORTED for names that a shell would take for more than names
 */
export function commandProxy(text: string, to: Destination, guest: string): Proxy {
  return { kind: 'command', line: fillIn(text, to, 'ProxyCommand', guest, /[\s'"`$\\;&<>|(){}*?!#~\p{Cc}]|^-/u) };
}

/** The error for jump hosts that lead back to one of them. */
export function reachedThroughItself(jumpHost: string, guest: string): ProvisionError {
  return new ProvisionError('E_UNREACHABLE', `the jump host ${jumpHost} is reached through itself`, {
    hint: 'give it a Host block with `ProxyJump none` in ssh_config, above the blocks that match it too',
    where: { guest },
  });
}

function fillIn(text: string, to: Destination, option: string, guest: string, unsafe?: RegExp): string {
  const tokens: Readonly<Record<string, string>> = { h: to.host, n: to.name, p: String(to.port), r: to.user };
  return text.replaceAll(/%(.?)/g, (token, letter: string) => {
    if (letter === '%') return '%';
    const value = tokens[letter];
    if (value === undefined) throw refusal(guest, `${option} cannot hold ${token}`, 'it knows %h, %n, %p, %r and %%');
    if (unsafe?.test(value) === true)
      throw refusal(
        guest,
        `${option} would hand ${JSON.stringify(value)} to a shell`,
        `${token} has to be a plain name`,
      );
    return value;
  });
}

function refusal(guest: string, message: string, hint: string): ProvisionError {
  return new ProvisionError('E_SSH_UNSUPPORTED', message, { hint, where: { guest } });
}

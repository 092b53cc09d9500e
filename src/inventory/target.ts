import { ProvisionError } from '../errors.ts';
import { quoted } from '../yaml/place.ts';
import type { Guest } from './guest.ts';

/** The word that names this machine as a guest. */
export const LOCAL = 'local';

// A leading dash would be read as an option by ssh.
const HOST = /^(?![-.])[\p{L}\p{N}._:%-]{1,255}$/u;
export const USER = /^(?!-)[^\s:/\p{Cc}]{1,64}$/u;

export interface HostText {
  readonly user?: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port?: number;
}

/**
 * Takes `[user@]host[:port]` apart. An IPv6 address with a port stands in brackets; without one it need not.
 * @returns null when it is not one
 */
export function hostFromText(text: string): HostText | null {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? undefined : text.slice(0, at);
  const rest = text.slice(at + 1);
  const match = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(rest) ?? /^([^:]+)(?::(\d{1,5}))?$/.exec(rest);
  const bare = rest.split(':').length > 2 && !rest.startsWith('[') ? rest : undefined;
  const host = bare ?? match?.[1];
  const port = bare === undefined && match?.[2] !== undefined ? Number(match[2]) : undefined;
  if (host === undefined || !isHostName(host) || (user !== undefined && !USER.test(user))) return null;
  if (port !== undefined && (port < 1 || port > 65_535)) return null;
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** A host name or an address, without brackets. */
export function isHostName(text: string): boolean {
  return HOST.test(text) && (!text.includes(':') || isIpv6(text));
}

/**
 * The hosts that are jumped through, in their order: `[user@]host[:port]` or `ssh://` and the same, with commas between
 * them. `none` is no host.
 * @returns null when one of them is not one
 */
export function jumpFromText(text: string): HostText[] | null {
  if (text.toLowerCase() === 'none') return [];
  const hops = text.split(',').map((hop) => hostFromText(hop.trim().replace(/^ssh:\/\/([^/]+)\/?$/, '$1')));
  return hops.every((hop) => hop !== null) ? hops : null;
}

/** As `ssh` is asked for it. */
export function hostToText({ user, host, port }: HostText): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

/** Whether a word can only be an address: with a user, a port or brackets, or an IP address. */
export function isAddress(text: string): boolean {
  if (text === LOCAL || text.includes('@') || text.startsWith('[')) return hostFromText(text) !== null;
  return /^[^:,&!*?]+:\d{1,5}$/.test(text) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || isIpv6(text);
}

/**
 * A guest out of `user@host:port`, `ops@[::1]:2222`, `::1` or `local`; it is named by that text.
 * @throws ProvisionError E_INVENTORY
 */
export function guestFromText(text: string): Guest {
  if (text === LOCAL) return { name: LOCAL, transport: 'local', host: LOCAL, become: false, groups: [], vars: [] };
  const found = hostFromText(text);
  if (found) return { name: text, transport: 'ssh', ...found, become: false, groups: [], vars: [] };
  throw new ProvisionError('E_INVENTORY', `${quoted(text)} is not a guest`, {
    hint: 'write [user@]host[:port], with an IPv6 address in brackets: ops@[::1]:2222; ports are 1 to 65535',
  });
}

/** Hexadecimal groups: eight, or fewer round one `::`; the last two may be written as IPv4, and a zone may follow. */
function isIpv6(text: string): boolean {
  const address = text.replace(/%[\w.-]+$/, '').replace(/:\d{1,3}(?:\.\d{1,3}){3}$/, ':0:0');
  if (!/^[0-9a-fA-F:]+$/.test(address) || /:::|[0-9a-fA-F]{5}|^:(?!:)|(?<!:):$/.test(address)) return false;
  const [before = '', after, ...rest] = address.split('::');
  const groups = [before, after ?? ''].flatMap((part) => (part === '' ? [] : part.split(':'))).length;
  return rest.length === 0 && (after === undefined ? groups === 8 : groups < 8);
}

import { ProvisionError } from '../../errors.ts';
import { Secret } from '../../guest/secret.ts';

/** Where a Redis is, and as whom it is spoken to. */
export interface EngineAddress {
  readonly tls: boolean;
  /** A name or an IP address; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  /** Number of the database, 0 unless it is named. */
  readonly db: number;
  /** An ACL user; without one Redis takes its `default` user. */
  readonly user?: string;
  readonly password?: Secret;
  /** PEM files for TLS: whom to trust (else what Node trusts), and who we are. Relative to the working directory. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have, where it is not the host's. */
  readonly servername?: string;
}

const DEFAULT_PORT = 6379;
const TLS_SETTINGS = ['ca', 'cert', 'key', 'servername'] as const;
type TlsSetting = (typeof TLS_SETTINGS)[number];

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, or `rediss://` for TLS with `?ca=FILE&cert=FILE&key=FILE&servername=NAME`.
 * What IANA has registered for redis, and the settings that a TLS client cannot do without.
 * @throws ProvisionError E_USAGE; it repeats nothing of the text, since any part of it may be of a password
 */
export function parseEngineUrl(text: string): EngineAddress {
  // The URL parser would drop these without a word.
  if (/[\u0000-\u0020\u007f]/.test(text)) throw wrong('it has a space or a control character in it');
  const scheme = /^rediss?:\/\//i.exec(text)?.[0].toLowerCase();
  if (scheme === undefined) throw wrong('it does not begin with redis:// or rediss://');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw wrong('its host or its port cannot be read');
  if (url.hash !== '') throw wrong('it has a # in it');
  const tls = scheme === 'rediss://';
  const user = decoded(url.username, 'user name');
  const password = decoded(url.password, 'password');
  return {
    tls,
    host: hostOf(url),
    port: portOf(url),
    db: databaseOf(url),
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { password: Secret.of(password) }),
    ...settingsOf(url, tls),
  };
}

/** The address as a URL, without its password: what may be shown and written down. */
export function formatEngineUrl(address: EngineAddress): string {
  const { tls, user, db } = address;
  const settings = TLS_SETTINGS.flatMap((name) => {
    const value = address[name];
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value).replaceAll('%2F', '/')}`];
  });
  const path = `${db === 0 ? '' : `/${db}`}${settings.length === 0 ? '' : `?${settings.join('&')}`}`;
  return `redis${tls ? 's' : ''}://${user === undefined ? '' : `${encodeURIComponent(user)}@`}${endpointOf(address)}${path}`;
}

/** What may be shown of a text that should be an engine's address: nothing of one that cannot be read. */
export function redactEngineUrl(text: string): string {
  try {
    return formatEngineUrl(parseEngineUrl(text));
  } catch {
    return '[redacted]';
  }
}

/** `127.0.0.1:6379`, `[::1]:6379` */
export function endpointOf({ host, port }: Pick<EngineAddress, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function hostOf({ hostname }: URL): string {
  if (hostname === '') throw wrong('it names no host');
  const literal = /^\[(?<address>.+)\]$/.exec(hostname)?.groups?.['address'];
  if (literal !== undefined) return literal;
  if (/^[\w.-]+$/.test(hostname)) return hostname;
  throw wrong('its host is no name and no IP address');
}

function portOf({ port }: URL): number {
  if (port === '') return DEFAULT_PORT;
  if (Number(port) === 0) throw wrong('its port is 0');
  return Number(port);
}

function databaseOf({ pathname }: URL): number {
  const digits = /^\/?(?<digits>\d{0,6})$/.exec(pathname)?.groups?.['digits'];
  if (digits === undefined) throw wrong('after the host comes the number of a database, and nothing else');
  return Number(digits);
}

/** A `+` in a file's name is a plus: this is no web form, so URLSearchParams is not the one to read it. */
function settingsOf({ search }: URL, tls: boolean): Partial<Record<TlsSetting, string>> {
  const settings: Partial<Record<TlsSetting, string>> = {};
  for (const part of search.slice(1).split('&')) {
    if (part === '') continue;
    const [key = '', ...rest] = part.split('=');
    const name = TLS_SETTINGS.find((known) => known === key);
    if (name === undefined) throw wrong(`after ? it takes ${TLS_SETTINGS.join(', ')} and nothing else`);
    const value = decoded(rest.join('='), name);
    if (value === '') throw wrong(`${name} is empty`);
    if (settings[name] !== undefined) throw wrong(`${name} is there twice`);
    settings[name] = value;
  }
  if (!tls && Object.keys(settings).length > 0) throw wrong('ca, cert, key and servername are for rediss://');
  if ((settings.cert === undefined) !== (settings.key === undefined)) throw wrong('cert and key come together');
  return settings;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(`the % in its ${what} is not that of an encoded character`);
  }
}

function wrong(what: string): ProvisionError {
  return new ProvisionError('E_USAGE', `the engine's address cannot be used: ${what}`, {
    hint: 'redis://[user@]host[:port][/db], or rediss://..; the password is best in $PROVISION_ENGINE_PASSWORD (docs/redis.md)',
  });
}

import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';

import type { Guest } from '../inventory/guest.ts';
import { hostToText } from '../inventory/target.ts';
import { expandHome } from './files.ts';
import { knownHostName } from './known-hosts.ts';
import { commandProxy, jumpProxy, reachedThroughItself, type Destination, type Proxy } from './proxy.ts';
import type { ConfigLine } from './ssh-config.ts';
import { sshOptions, type SshOptions } from './ssh-options.ts';

/** Where and how one guest is reached: inventory, ssh_config and defaults put together, paths absolute. */
export interface Target {
  /** Its name; of a jump host what it is asked for by. */
  readonly guest: string;
  readonly isJumpHost: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** What stands between here and there. */
  readonly way: Way;
  /** Where an ssh that holds a connection there would listen. */
  readonly controlPaths: readonly string[];
  readonly addressFamily: 4 | 6 | undefined;
  readonly connectTimeoutMs: number;
  /** In OpenSSH's order; `explicit` when somebody named them, so that a missing one is worth a word. */
  readonly identityFiles: readonly string[];
  readonly identitiesExplicit: boolean;
  readonly identitiesOnly: boolean;
  /** The agent's socket, unless there is none to be asked. */
  readonly agent: string | undefined;
  readonly certificateFiles: readonly string[];
  /** The first is the host's own; the rest can vouch for a key too. */
  readonly keyNames: readonly string[];
  readonly knownHostsFiles: readonly string[];
  /** Where new keys are written. */
  readonly newKeysFile: string | undefined;
  readonly hashKnownHosts: boolean;
  readonly strict: SshOptions['strictHostKeyChecking'];
}

/** Straight over TCP, through another SSH server that opens a connection from there, or through a program. */
export type Way =
  | { readonly kind: 'straight' }
  | { readonly kind: 'jump'; readonly hop: Target }
  | { readonly kind: 'command'; readonly line: string };

/** Who and where we are. */
export interface Surroundings {
  readonly home: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connectTimeoutMs: number;
}

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_dsa'];

/** What there is to go by: of a guest all of it, of a jump host a name. */
type Asked = Pick<Guest, 'name' | 'host' | 'port' | 'user' | 'identityFiles' | 'jump'>;

/**
 * @throws ProvisionError E_SSH_UNSUPPORTED for what ssh_config asks and provision cannot do, E_UNREACHABLE for jump
 * hosts that lead back to themselves
 */
export function targetOf(guest: Guest, config: readonly ConfigLine[], around: Surroundings): Target {
  return resolve(guest, { guest: guest.name, config, around, towards: [] });
}

/** What is the same for a guest and the jump hosts on the way to it. */
interface Context {
  readonly guest: string;
  readonly config: readonly ConfigLine[];
  readonly around: Surroundings;
  /** The hosts that are reached through this one, the guest first. */
  readonly towards: readonly string[];
}

function resolve(asked: Asked, context: Context): Target {
  const { config, around, towards } = context;
  const { localUser } = around;
  const options = sshOptions(config, { host: asked.host, user: asked.user, port: asked.port, localUser });
  const port = options.port ?? 22;
  const user = options.user ?? localUser;
  const expand = expander(asked, options, { port, user }, around);
  const explicit = asked.identityFiles ?? options.identityFiles;
  const userFiles = (options.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).map(expand);
  const globalFiles = (options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']).map(
    expand,
  );
  return {
    guest: asked.name,
    isJumpHost: towards.length > 0,
    host: options.hostName,
    port,
    user,
    controlPaths: controlPathsOf(asked, options, (jump) => expander(asked, options, { port, user }, around, jump)),
    way: wayTo(asked, { ...options, port, user }, context),
    addressFamily: options.addressFamily,
    connectTimeoutMs: options.connectTimeoutMs ?? around.connectTimeoutMs,
    identityFiles: (explicit.length > 0 ? explicit : DEFAULT_KEYS.map((name) => `~/.ssh/${name}`))
      .filter((path) => path.toLowerCase() !== 'none')
      .map(expand),
    identitiesExplicit: explicit.length > 0,
    identitiesOnly: options.identitiesOnly,
    agent: agentOf(options, around, expand),
    certificateFiles: options.certificateFiles.map(expand),
    keyNames:
      options.hostKeyAlias !== undefined
        ? [options.hostKeyAlias]
        : [...new Set([knownHostName(options.hostName, port), knownHostName(options.hostName, 22)])],
    knownHostsFiles: [...userFiles, ...globalFiles].filter(isKept),
    newKeysFile: userFiles.find(isKept),
    hashKnownHosts: options.hashKnownHosts,
    strict: options.strictHostKeyChecking,
  };
}

function isKept(path: string): boolean {
  return path !== '/dev/null' && path.toLowerCase() !== 'none' && isAbsolute(path);
}

/** Hosts that are jumped through are looked up as `ssh` looks them up: by name, each with its own settings. */
function wayTo(
  asked: Asked,
  options: SshOptions & { readonly port: number; readonly user: string },
  context: Context,
): Way {
  const to = { host: options.hostName, name: asked.host, port: options.port, user: options.user };
  const self = `${to.user}@${to.host}:${to.port}`;
  const { guest, towards } = context;
  if (towards.includes(self)) throw reachedThroughItself(asked.name, guest);
  const proxy = proxyOf(asked.jump, options.proxy, to, guest);
  if (proxy === undefined) return { kind: 'straight' };
  if (proxy.kind === 'command') return proxy;
  const { last, before } = proxy;
  const hop = { name: hostToText(last), ...last, ...(before === undefined ? {} : { jump: before }) };
  return { kind: 'jump', hop: resolve(hop, { ...context, towards: [...towards, self] }) };
}

function proxyOf(
  jump: string | undefined,
  configured: SshOptions['proxy'],
  to: Destination,
  guest: string,
): Proxy | undefined {
  if (jump !== undefined) return jumpProxy(jump, to, guest);
  if (configured === undefined) return undefined;
  const read = configured.option === 'ProxyJump' ? jumpProxy : commandProxy;
  return read(configured.value, to, guest);
}

function agentOf(
  { identityAgent }: SshOptions,
  { env }: Surroundings,
  expand: (path: string) => string,
): string | undefined {
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'];
  if (identityAgent.toLowerCase() === 'none') return undefined;
  if (/^\$[A-Za-z_]\w*$/.test(identityAgent)) return env[identityAgent.slice(1)];
  return expand(identityAgent);
}

/** `%C` has the jump host in it since OpenSSH 9.8: with one there are two places to look. */
function controlPathsOf(
  { jump }: Asked,
  { controlPath, proxy }: SshOptions,
  expanderThrough: (jump: string) => (path: string) => string,
): readonly string[] {
  if (controlPath === undefined || controlPath.toLowerCase() === 'none') return [];
  const through = jump ?? (proxy?.option === 'ProxyJump' ? proxy.value : '');
  return [...new Set([through === 'none' ? '' : through, ''].map((each) => expanderThrough(each)(controlPath)))];
}

/** `~`, `%` tokens and `${NAME}`, as ssh_config(5) has them for files. */
function expander(
  { host }: Asked,
  options: SshOptions,
  { port, user }: { port: number; user: string },
  { home, localUser, env }: Surroundings,
  jump = '',
): (path: string) => string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: home,
    h: options.hostName,
    j: jump,
    i: String(process.getuid?.() ?? ''),
    k: options.hostKeyAlias ?? host,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: host,
    p: String(port),
    r: user,
    u: localUser,
  };
  const hash = (): string =>
    createHash('sha1').update(`${hostname()}${options.hostName}${port}${user}${jump}`).digest('hex');
  return (path) => {
    if (path.toLowerCase() === 'none') return path;
    const filled = expandHome(path, home)
      .replaceAll(/%(.)/g, (token, letter: string) => (letter === 'C' ? hash() : (tokens[letter] ?? token)))
      .replaceAll(/\$\{(\w+)\}/g, (token, name: string) => env[name] ?? token);
    return isAbsolute(filled) ? filled : join(process.cwd(), filled);
  };
}

import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import { expandHome } from './files.ts';
import { knownHostName } from './known-hosts.ts';
import type { ConfigLine } from './ssh-config.ts';
import { sshOptions, type SshOptions } from './ssh-options.ts';

/** Where and how one guest is reached: inventory, ssh_config and defaults put together, paths absolute. */
export interface Target {
  readonly guest: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
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

/** Who and where we are. */
export interface Surroundings {
  readonly home: string;
  readonly localUser: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connectTimeoutMs: number;
}

const DEFAULT_KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_dsa'];

/** @throws ProvisionError E_SSH_UNSUPPORTED for a guest that is only reached through another host */
export function targetOf(guest: Guest, config: readonly ConfigLine[], around: Surroundings): Target {
  const { localUser } = around;
  const options = sshOptions(config, { host: guest.host, user: guest.user, port: guest.port, localUser });
  refuseProxies(guest, options);
  const port = options.port ?? 22;
  const user = options.user ?? localUser;
  const expand = expander(guest, options, { port, user }, around);
  const explicit = guest.identityFiles ?? options.identityFiles;
  const userFiles = (options.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).map(expand);
  const globalFiles = (options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']).map(
    expand,
  );
  return {
    guest: guest.name,
    host: options.hostName,
    port,
    user,
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

function refuseProxies(guest: Guest, { proxy }: SshOptions): void {
  if (guest.jump === undefined && proxy === undefined) return;
  const option = guest.jump === undefined ? (proxy?.option ?? '') : 'ProxyJump';
  const value = guest.jump ?? proxy?.value ?? '';
  throw new ProvisionError('E_SSH_UNSUPPORTED', `${option} is not supported yet (${value})`, {
    hint: 'run provision on a machine that reaches the guest directly',
    where: { guest: guest.name },
  });
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

/** `~`, `%` tokens and `${NAME}`, as ssh_config(5) has them for files. */
function expander(
  guest: Guest,
  options: SshOptions,
  { port, user }: { port: number; user: string },
  { home, localUser, env }: Surroundings,
): (path: string) => string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: home,
    h: options.hostName,
    i: String(process.getuid?.() ?? ''),
    k: options.hostKeyAlias ?? guest.host,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: guest.host,
    p: String(port),
    r: user,
    u: localUser,
  };
  return (path) => {
    if (path.toLowerCase() === 'none') return path;
    const filled = expandHome(path, home)
      .replaceAll(/%(.)/g, (token, letter: string) => tokens[letter] ?? token)
      .replaceAll(/\$\{(\w+)\}/g, (token, name: string) => env[name] ?? token);
    return isAbsolute(filled) ? filled : join(process.cwd(), filled);
  };
}

import { ProvisionError } from '../../errors.ts';
import { endpointOf, type EngineAddress } from './address.ts';

/** What a Redis says of itself, as far as an engine depends on it. */
export interface RedisServer {
  /** `7.0.15` */
  readonly version: string;
  /** `standalone`, `cluster` or `sentinel` */
  readonly mode: string;
  /** `master` or `slave` */
  readonly role: string;
  /** It still reads its data from disk, and answers nothing else until it has. */
  readonly loading: boolean;
  /** What it does when its memory is full; null when it does not say. */
  readonly policy: string | null;
  readonly appendonly: boolean;
  /** Bytes that it may take, 0: all there are. */
  readonly maxMemory: number;
  /** `err` when it could not write its append-only file: then it takes no writes. */
  readonly lastAppend: string;
}

/** Streams with ids that Redis makes, and what BullMQ 6 asks for. */
const LEAST = '6.2';

/** Reads the answer to INFO: lines `name:value`. */
export function readInfo(info: string): RedisServer {
  const found = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) found.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return {
    version: found.get('redis_version') ?? 'unknown',
    mode: found.get('redis_mode') ?? 'standalone',
    role: found.get('role') ?? 'master',
    loading: found.get('loading') === '1',
    policy: found.get('maxmemory_policy') ?? null,
    appendonly: found.get('aof_enabled') === '1',
    maxMemory: Number(found.get('maxmemory') ?? 0),
    lastAppend: found.get('aof_last_write_status') ?? 'ok',
  };
}

/** Why an engine cannot run on it, or null. */
export function refusalOf(server: RedisServer, address: EngineAddress): ProvisionError | null {
  const refusal = reasonAgainst(server);
  if (refusal === null) return null;
  return new ProvisionError('E_ENGINE', `Redis at ${endpointOf(address)}: ${refusal.message}`, { hint: refusal.hint });
}

function reasonAgainst(server: RedisServer): { message: string; hint: string } | null {
  const { version, mode, role, policy, lastAppend } = server;
  if (isOlder(version, LEAST))
    return {
      message: `it is ${version}, and an engine needs ${LEAST} or later`,
      hint: 'Debian 12 has 7.0: apt-get install redis-server',
    };
  if (mode === 'sentinel') return { message: 'it is a sentinel', hint: 'name the master that it watches' };
  if (mode === 'cluster')
    return { message: 'it is a cluster, and an engine needs one server', hint: 'name a Redis of its own' };
  if (role !== 'master')
    return { message: 'it is a replica, and takes no writes', hint: 'name its master: redis-cli INFO replication' };
  if (policy !== null && policy !== 'noeviction')
    return {
      message: `when its memory is full it would drop parts of a run (maxmemory-policy ${policy})`,
      hint: 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf',
    };
  if (lastAppend !== 'ok')
    return {
      message: 'it cannot write its append-only file, and takes no writes',
      hint: 'its log says why; often the disk is full',
    };
  return null;
}

/** What a person should know of it, though it will do. */
export function notesOn(server: RedisServer): string[] {
  return [
    ...(server.appendonly
      ? []
      : ['a crash of Redis loses the runs in it: redis-cli CONFIG SET appendonly yes, and the same in redis.conf']),
    ...(server.policy === null
      ? ['Redis does not say its maxmemory-policy; anything but noeviction would lose parts of a run']
      : []),
  ];
}

function isOlder(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return Number.isNaN(major) || major < leastMajor || (major === leastMajor && minor < leastMinor);
}

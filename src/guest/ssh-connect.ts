import ssh2, { type AnyAuthMethod, type Client, type ServerHostKeyAlgorithm } from 'ssh2';

import type { ProvisionError } from '../errors.ts';
import type { Access } from './access.ts';
import { connectionError, isRetryable, silence, type Phase, type TransportError } from './connection-error.ts';
import { dial, type Wire } from './dial.ts';
import { Busy } from './handshake.ts';
import type { KeyDecision } from './host-key.ts';
import type { JumpHost } from './jump-host.ts';
import type { LockedKey } from './key-file.ts';
import type { Lease } from './shared-hosts.ts';
import { LockedOut, Login } from './ssh-auth.ts';
import type { Target } from './target.ts';

export interface Connection {
  readonly client: Client;
  readonly wire: Wire;
}

/** A person has to answer before this can go on; the connection is not held open for it. */
type Question =
  | { readonly kind: 'host-key'; readonly decision: KeyDecision & { kind: 'ask' } }
  | { readonly kind: 'passphrase'; readonly locked: LockedKey }
  /** Nobody has to answer; what was learned makes the next attempt another one. */
  | { readonly kind: 'again' };

/** What it took to be let in. */
export interface Traffic {
  connections: number;
  retries: number;
}

const KEEPALIVE_MS = 15_000;

/**
 * One attempt: dials, checks the host key, logs in.
 * @throws ProvisionError, or Busy when the server may only be busy
 */
export async function attempt(
  target: Target,
  access: Access,
  { traffic, jumpHost }: { readonly traffic: Traffic; readonly jumpHost: Lease<JumpHost> | undefined },
): Promise<Connection | Question> {
  const identities = await access.keyring.identities(target);
  let login: Login;
  try {
    // The guests' password is nothing that a jump host should see.
    login = new Login(target, identities, target.isJumpHost ? undefined : access.password);
  } catch (error) {
    if (error instanceof LockedOut) return { kind: 'passphrase', locked: error.locked };
    throw error;
  }
  const { hostKeys } = access;
  const keyTypes = hostKeys.types(target);
  const wire = dial(target, jumpHost, access.around.env);
  const client = new ssh2.Client();
  let phase: Phase = 'dial';
  let shown: { key: Buffer; decision: KeyDecision } | undefined;
  return new Promise((resolve, reject) => {
    const giveUp = (error: ProvisionError | Busy): void => {
      clearTimeout(timer);
      // Whatever comes after the first word is its echo.
      client.removeAllListeners().on('error', () => undefined);
      wire.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      const reached = phase === 'banner' && wire.bytesRead > 0 ? 'exchange' : phase;
      const failure = silence(target, reached);
      giveUp(reached === 'banner' ? new Busy(failure, 1) : failure);
    }, target.connectTimeoutMs);
    const ask = (question: Question): void => {
      clearTimeout(timer);
      client.removeAllListeners().on('error', () => undefined);
      wire.destroy();
      resolve(question);
    };
    client.on('connect', () => {
      traffic.connections += 1;
      phase = 'banner';
    });
    client.on('error', (error: TransportError) => {
      if (shown?.decision.kind === 'refused') giveUp(shown.decision.error);
      else if (shown?.decision.kind === 'again') ask({ kind: 'again' });
      else if (shown?.decision.kind === 'ask') ask({ kind: 'host-key', decision: shown.decision });
      else if (login.locked) ask({ kind: 'passphrase', locked: login.locked });
      else if (error.level === 'agent') return;
      else if (error.level === 'client-authentication' || isTooMany(error))
        giveUp(login.failure(isTooMany(error) ? TOO_MANY : undefined));
      else {
        const failure = connectionError(target, phase, error);
        giveUp(isRetryable(phase, error) ? new Busy(failure) : failure);
      }
    });
    client.on('close', () => {
      const lost: TransportError = new Error('the connection was closed');
      if (phase === 'login') giveUp(login.failure('the server closed the connection during the login: see its log'));
      else giveUp(new Busy(connectionError(target, phase, lost)));
    });
    client.on('ready', () => {
      clearTimeout(timer);
      client.removeAllListeners();
      leaveHostKeyProofs(client);
      // Until the session listens, an error must not be nobody's.
      client.on('error', () => undefined);
      if (shown?.decision.kind === 'new') hostKeys.remember(target, shown.key);
      resolve({ client, wire });
    });
    client.connect({
      sock: wire,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      ...algorithmsFor(keyTypes),
      hostVerifier: (key: Buffer) => {
        phase = 'login';
        shown = { key, decision: hostKeys.decide(target, key, keyTypes) };
        return shown.decision.kind === 'known' || shown.decision.kind === 'new';
      },
      authHandler: (left, _partial, done) => {
        done(login.next(left) as AnyAuthMethod);
      },
    });
  });
}

/** Of ssh2's innards: what it does about requests that are about the whole connection. */
interface Insides {
  readonly _protocol?: {
    readonly _handlers?: {
      GLOBAL_REQUEST?: (protocol: unknown, name: string, ...rest: readonly unknown[]) => void;
    };
  };
}

/**
 * After a login OpenSSH offers its other host keys, and ssh2 has them proven: a round trip, and two signatures to check,
 * for keys that nobody here uses. The offer wants no answer, so it gets none; ssh2 has no option for it, and where a later
 * ssh2 looks elsewhere this changes nothing.
 */
function leaveHostKeyProofs(client: Client): void {
  const handlers = (client as Insides)._protocol?._handlers;
  const answer = handlers?.GLOBAL_REQUEST;
  if (handlers === undefined || answer === undefined) return;
  handlers.GLOBAL_REQUEST = (protocol, name, ...rest) => {
    if (name !== 'hostkeys-00@openssh.com') answer(protocol, name, ...rest);
  };
}

const TOO_MANY = 'name the key (--private-key, or IdentityFile with IdentitiesOnly yes in ssh_config)';

function isTooMany({ message }: Error): boolean {
  return /too many authentication failures/i.test(message);
}

const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

const offers = new Map<string, { algorithms?: { serverHostKey: ServerHostKeyAlgorithm[] } }>();

/** Key types on record go first, so that a guest with several keys shows one that can be compared. */
function algorithmsFor(types: readonly string[]): { algorithms?: { serverHostKey: ServerHostKeyAlgorithm[] } } {
  const name = types.join(' ');
  let offer = offers.get(name);
  if (offer === undefined) {
    const isKnown = (algorithm: string): boolean =>
      types.includes(algorithm) || (algorithm.startsWith('rsa-') && types.includes('ssh-rsa'));
    const known = HOST_KEY_ALGORITHMS.filter(isKnown);
    const rest = HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm));
    offer =
      known.length === 0 || types[0] === 'ssh-ed25519' ? {} : { algorithms: { serverHostKey: [...known, ...rest] } };
    offers.set(name, offer);
  }
  return offer;
}

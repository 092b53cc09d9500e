import pLimit, { type LimitFunction } from 'p-limit';
import type { Client } from 'ssh2';

import { ProvisionError, type ErrorCode } from '../errors.ts';
import type { Wire } from './dial.ts';
import type { Target } from './target.ts';
import { JumpHostLost, NotForwarded, Tunnel } from './tunnel.ts';

/** A jump host could not be reached; every guest behind it is told so with the host's name. */
export class JumpHostFailed extends Error {
  readonly jumpHost: string;
  readonly error: ProvisionError;

  constructor(jumpHost: string, error: ProvisionError) {
    super(error.message);
    this.jumpHost = jumpHost;
    this.error = error;
  }

  /** As the error of a guest behind it. */
  for(guest: string): ProvisionError {
    const { code, message, hint, cause } = this.error;
    return new ProvisionError(code, `the jump host ${this.jumpHost}: ${message}`, { hint, where: { guest }, cause });
  }
}

/** The use of a jump host until it is given back. */
export interface Lease {
  readonly name: string;
  /** Handshakes at once through this host. */
  readonly limit: LimitFunction;
  /** A connection from there, which holds the host for itself. */
  tunnel(host: string, port: number): Wire;
  release(): void;
}

interface Opened {
  readonly client: Client;
  readonly wire: Wire;
}

/** A host that nobody uses is kept this long for the next guest. */
const LINGER_MS = 1000;
/** A closed connection is given this long to say goodbye. */
const CLOSE_PATIENCE_MS = 3000;
/** Whoever comes this soon after a failure would see the same one. */
const FAILURE_COUNTS_MS = 10_000;
/** These do not go away by themselves, and trying again for every guest could lock an account. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_AUTH',
  'E_HOST_KEY_UNKNOWN',
  'E_HOST_KEY_CHANGED',
  'E_HOST_KEY_REVOKED',
  'E_SSH_UNSUPPORTED',
]);

/** The jump hosts of a run: one connection to each, whoever goes through it, closed when nobody does. */
export class JumpHosts {
  readonly #handshakes: number;
  readonly #hosts = new Map<string, Promise<JumpHost>>();
  readonly #open = new Set<JumpHost>();

  constructor(handshakes: number) {
    this.#handshakes = handshakes;
  }

  /**
   * @param open reaches the host, for the first who wants it
   * @throws JumpHostFailed, of this host or of one before it
   */
  async lease(hop: Target, open: () => Promise<Opened>): Promise<Lease> {
    const key = JSON.stringify(hop);
    let found = this.#hosts.get(key);
    if (found === undefined) {
      // A later connection to the same host is not this one's to forget.
      const forget = (): void => {
        if (this.#hosts.get(key) === found) this.#hosts.delete(key);
      };
      found = this.#reach(hop, open, forget);
      this.#hosts.set(key, found);
    }
    return (await found).lease();
  }

  /** Ends what is still kept for guests that did not come. */
  close(): void {
    for (const host of this.#open) host.close();
  }

  async #reach(hop: Target, open: () => Promise<Opened>, forget: () => void): Promise<JumpHost> {
    try {
      const opened = await open();
      const host = new JumpHost(hop.guest, opened, pLimit(this.#handshakes), () => {
        forget();
        this.#open.delete(host);
      });
      this.#open.add(host);
      return host;
    } catch (error) {
      const failed = error instanceof ProvisionError ? new JumpHostFailed(hop.guest, error) : error;
      if (!(failed instanceof JumpHostFailed) || !FINAL.has(failed.error.code))
        setTimeout(forget, FAILURE_COUNTS_MS).unref();
      throw failed;
    }
  }
}

/** RFC 4254, 5.1: what ssh2 has no reason for is a connection that failed. */
const CONNECT_FAILED = 2;

class JumpHost {
  readonly #name: string;
  readonly #client: Client;
  readonly #wire: Wire;
  readonly #limit: LimitFunction;
  readonly #forget: () => void;
  readonly #tunnels = new Set<Tunnel>();
  #users = 0;
  #timer: NodeJS.Timeout | undefined;
  #lost: Error | undefined;

  constructor(name: string, { client, wire }: Opened, limit: LimitFunction, forget: () => void) {
    this.#name = name;
    this.#client = client;
    this.#wire = wire;
    this.#limit = limit;
    this.#forget = forget;
    client.on('error', (error) => {
      this.#lost ??= error;
    });
    client.on('close', () => {
      this.#forget();
      for (const tunnel of this.#tunnels) tunnel.destroy(this.#loss());
    });
  }

  lease(): Lease {
    this.#users += 1;
    clearTimeout(this.#timer);
    return {
      name: this.#name,
      limit: this.#limit,
      tunnel: (host, port) => this.#tunnel(host, port),
      release: () => {
        this.#release();
      },
    };
  }

  close(): void {
    this.#forget();
    clearTimeout(this.#timer);
    this.#client.end();
    setTimeout(() => this.#wire.destroy(), CLOSE_PATIENCE_MS).unref();
  }

  #tunnel(host: string, port: number): Tunnel {
    const tunnel = new Tunnel();
    this.#users += 1;
    this.#tunnels.add(tunnel);
    tunnel.on('close', () => {
      this.#tunnels.delete(tunnel);
      this.#release();
    });
    try {
      // What OpenSSH says for the source of such a connection.
      this.#client.forwardOut('127.0.0.1', 65_535, host, port, (error, channel) => {
        if (error === undefined) tunnel.attach(channel);
        else tunnel.destroy(this.#wire.destroyed ? this.#loss() : notForwarded(this.#name, error));
      });
    } catch {
      // The connection is gone, and ssh2 says so at once.
      tunnel.destroy(this.#loss());
    }
    return tunnel;
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users > 0 || this.#wire.destroyed) return;
    this.#timer = setTimeout(() => {
      this.close();
    }, LINGER_MS);
  }

  /** A host further up that is gone is the one to name. */
  #loss(): Error {
    return this.#lost instanceof JumpHostLost ? this.#lost : new JumpHostLost(this.#name, this.#lost?.message);
  }
}

function notForwarded(name: string, error: Error & { reason?: unknown }): NotForwarded {
  const said = error.message.replace('(SSH) Channel open failure: ', '');
  return new NotForwarded(name, typeof error.reason === 'number' ? error.reason : CONNECT_FAILED, said);
}

import type { Client } from 'ssh2';

import type { Connection } from './ssh-connect.ts';
import type { Wire } from './dial.ts';
import { JumpHostLost, NotForwarded, Tunnel } from './tunnel.ts';

/** A closed connection is given this long to say goodbye. */
const CLOSE_PATIENCE_MS = 3000;
/** RFC 4254, 5.1: what ssh2 has no reason for is a connection that failed. */
const CONNECT_FAILED = 2;

/** A connection to a jump host, and the connections that go on from there. */
export class JumpHost {
  readonly #name: string;
  readonly #client: Client;
  readonly #wire: Wire;
  readonly #tunnels = new Set<Tunnel>();
  #lost: Error | undefined;

  constructor(name: string, { client, wire }: Connection) {
    this.#name = name;
    this.#client = client;
    this.#wire = wire;
    client.on('error', (error) => {
      this.#lost ??= error;
    });
    client.on('close', () => {
      for (const tunnel of this.#tunnels) tunnel.destroy(this.#loss());
    });
  }

  get gone(): boolean {
    return this.#wire.destroyed;
  }

  onGone(tell: () => void): void {
    this.#client.on('close', tell);
  }

  close(): void {
    this.#client.end();
    setTimeout(() => this.#wire.destroy(), CLOSE_PATIENCE_MS).unref();
  }

  /** A connection from there to a host that this one knows by that name. */
  tunnel(host: string, port: number): Wire {
    const tunnel = new Tunnel();
    this.#tunnels.add(tunnel);
    tunnel.on('close', () => {
      this.#tunnels.delete(tunnel);
    });
    try {
      // What OpenSSH says for the source of such a connection.
      this.#client.forwardOut('127.0.0.1', 65_535, host, port, (error, channel) => {
        if (error === undefined) tunnel.attach(channel);
        else tunnel.destroy(this.gone ? this.#loss() : notForwarded(this.#name, error));
      });
    } catch {
      // The connection is gone, and ssh2 says so at once.
      tunnel.destroy(this.#loss());
    }
    return tunnel;
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

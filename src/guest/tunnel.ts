import { Duplex } from 'node:stream';

import type { ClientChannel } from 'ssh2';

/** A jump host's connection ended under what went through it. */
export class JumpHostLost extends Error {
  constructor(jumpHost: string, reason: string | undefined) {
    super(`the jump host ${jumpHost} is gone${reason === undefined ? '' : `: ${reason}`}`);
  }
}

/** A jump host did not open a connection to where it was asked to. */
export class NotForwarded extends Error {
  readonly jumpHost: string;
  /** Its reason by RFC 4254, 5.1. */
  readonly reason: number;

  constructor(jumpHost: string, reason: number, said: string) {
    super(said);
    this.jumpHost = jumpHost;
    this.reason = reason;
  }
}

/**
 * A TCP connection that another SSH server opened, as a stream that behaves like a socket: `connecting`, `connect`,
 * counted bytes, and an end that says why. ssh2's own channels have none of these. Neither side is read faster than
 * the other takes it.
 */
export class Tunnel extends Duplex {
  connecting = true;
  bytesRead = 0;
  bytesWritten = 0;
  #channel: ClientChannel | undefined;
  #ended = false;

  constructor() {
    super({ emitClose: true, allowHalfOpen: false });
  }

  /** The other server has opened the connection. */
  attach(channel: ClientChannel): void {
    channel.on('error', () => undefined);
    if (this.destroyed) {
      channel.destroy();
      return;
    }
    this.#channel = channel;
    channel.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) channel.pause();
    });
    for (const event of ['end', 'close'])
      channel.on(event, () => {
        if (this.#ended || this.destroyed) return;
        this.#ended = true;
        this.push(null);
      });
    this.connecting = false;
    this.emit('connect');
  }

  override _read(): void {
    this.#channel?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.bytesWritten += chunk.length;
    if (this.#channel === undefined || this.#channel.write(chunk)) done();
    else this.#channel.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#channel?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel?.destroy();
    done(error);
  }
}

import pLimit, { type LimitFunction } from 'p-limit';

import { ProvisionError, type ErrorCode } from '../errors.ts';

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

/** A connection that several guests go through. */
interface SharedHost {
  readonly gone: boolean;
  /** Told once, when the connection has ended for whatever reason. */
  onGone(tell: () => void): void;
  close(): void | Promise<void>;
}

/** The use of a jump host until it is given back. */
export interface Lease<T> {
  readonly host: T;
  /** Handshakes at once through this host. */
  readonly limit: LimitFunction;
  /** Keeps the host for longer than this lease; answers with what gives it back. */
  hold(): () => void;
  release(): void;
}

/** A host that nobody uses is kept this long for the next guest. */
const LINGER_MS = 1000;
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
export class SharedHosts<T extends SharedHost> {
  readonly #handshakes: number;
  readonly #hosts = new Map<string, Promise<Used<T>>>();
  readonly #open = new Set<Used<T>>();

  /** @param handshakes at once, through each of them */
  constructor(handshakes: number) {
    this.#handshakes = handshakes;
  }

  /**
   * @param key all that makes it this host
   * @param open reaches the host, for the first who wants it
   * @throws JumpHostFailed, of this host or of one before it
   */
  async lease(key: string, name: string, open: () => Promise<T>): Promise<Lease<T>> {
    let found = this.#hosts.get(key);
    if (found === undefined) {
      // A later connection to the same host is not this one's to forget.
      const forget = (): void => {
        if (this.#hosts.get(key) === found) this.#hosts.delete(key);
      };
      found = this.#reach(name, open, forget);
      this.#hosts.set(key, found);
    }
    return (await found).lease();
  }

  /** Ends what is still kept for guests that did not come. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((host) => host.close()));
  }

  async #reach(name: string, open: () => Promise<T>, forget: () => void): Promise<Used<T>> {
    try {
      const host = await open();
      const used = new Used(host, pLimit(this.#handshakes), () => {
        forget();
        this.#open.delete(used);
      });
      this.#open.add(used);
      return used;
    } catch (error) {
      const failed = error instanceof ProvisionError ? new JumpHostFailed(name, error) : error;
      if (!(failed instanceof JumpHostFailed) || !FINAL.has(failed.error.code))
        setTimeout(forget, FAILURE_COUNTS_MS).unref();
      throw failed;
    }
  }
}

/** Counts who uses a host. */
class Used<T extends SharedHost> {
  readonly #host: T;
  readonly #limit: LimitFunction;
  readonly #forget: () => void;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: T, limit: LimitFunction, forget: () => void) {
    this.#host = host;
    this.#limit = limit;
    this.#forget = forget;
    host.onGone(forget);
  }

  lease(): Lease<T> {
    return { host: this.#host, limit: this.#limit, hold: () => this.#hold(), release: this.#hold() };
  }

  async close(): Promise<void> {
    this.#forget();
    clearTimeout(this.#timer);
    await this.#host.close();
  }

  #hold(): () => void {
    this.#users += 1;
    clearTimeout(this.#timer);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      if (this.#users > 0 || this.#host.gone) return;
      this.#timer = setTimeout(() => {
        void this.close();
      }, LINGER_MS);
    };
  }
}

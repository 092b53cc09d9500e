import { closeAccess, loadAccess, type Access, type AccessOptions } from './access.ts';

/** Runs whose access is kept for their next guest. */
const KEPT = 20;

/**
 * The way to guests for a process that outlives its runs. Each run reads the files anew, and what it has learnt ends with it:
 * a host key that is added, or a password that one run's guests have refused, is no matter of the next one's.
 */
export class RunAccess {
  readonly #options: AccessOptions;
  readonly #shared: Pick<Access, 'handshakes' | 'keyring'>;
  readonly #runs = new Map<string, Access>();

  /** @throws ProvisionError for an ssh_config that cannot be read */
  constructor(options: AccessOptions) {
    const { handshakes, keyring } = loadAccess(options);
    this.#options = options;
    this.#shared = { handshakes, keyring };
  }

  /** @throws ProvisionError for an ssh_config that cannot be read any more */
  of(run: string): Access {
    const access = this.#runs.get(run) ?? { ...loadAccess(this.#options), ...this.#shared };
    this.#runs.delete(run);
    this.#runs.set(run, access);
    // The jump hosts of one that is forgotten end by themselves, when nobody goes through them any more.
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= KEPT) break;
      this.#runs.delete(oldest);
    }
    return access;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(closeAccess));
  }
}

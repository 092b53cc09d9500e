import { ProvisionError } from '../errors.ts';
import type { Guest } from '../inventory/guest.ts';
import type { Secret } from './secret.ts';

/** What one guest may do with the password, and what it must tell afterwards. */
export interface BecomePermit {
  readonly password: Secret;
  /** No guest has taken it yet. */
  readonly proving: boolean;
  /** sudo took it. */
  proved(): void;
  /** sudo asked again. */
  refused(): void;
  /** It was not used, or nobody knows. */
  undecided(): void;
}

/**
 * Proves the become password on one guest before any other gets it: a mistyped password must not count as a failed
 * login on the whole fleet. While it is unproven, guests that need it wait; when it is refused, they fail untried.
 */
export class BecomeGate {
  readonly #password: Secret;
  #state: 'unproven' | 'proving' | 'proven' | 'refused' = 'unproven';
  #refusedBy = '';
  #waiting: (() => void)[] = [];

  constructor(password: Secret) {
    this.#password = password;
  }

  /** @throws ProvisionError E_SUDO once another guest has refused the password */
  async enter(guest: string): Promise<BecomePermit> {
    while (this.#state === 'proving')
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    if (this.#state === 'refused')
      throw new ProvisionError(
        'E_SUDO',
        `the sudo password was refused on ${this.#refusedBy}, so it was not tried here`,
        {
          hint: 'run the command again with the right password (-K)',
          where: { guest },
        },
      );
    if (this.#state === 'proven') return this.#permit(guest, false);
    this.#state = 'proving';
    return this.#permit(guest, true);
  }

  #permit(guest: string, proving: boolean): BecomePermit {
    const settle = (state: 'unproven' | 'proven' | 'refused'): void => {
      if (!proving || this.#state !== 'proving') return;
      this.#state = state;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    };
    return {
      password: this.#password,
      proving,
      proved: () => {
        settle('proven');
      },
      refused: () => {
        this.#refusedBy ||= guest;
        settle('refused');
      },
      undecided: () => {
        settle('unproven');
      },
    };
  }
}

/** root needs no sudo, and a guest with root alone need not have one. @param user that the guest is logged in to as */
export function needsSudo(guest: Guest, user: string): boolean {
  return guest.become && user !== 'root';
}

/** The shell that reads the script; the words need no quoting in any login shell, and a restricted one allows them. */
export const PLAIN_SHELL = 'sh -s';
export const SUDO_SHELL = 'sudo -n -- sh -s';

/**
 * First stage when there is a password: a plain shell tries sudo without it. The shell that sudo starts announces itself
 * and takes over standard input; otherwise the first shell asks, and waits for its next line. Nothing is sent ahead of
 * such a word, so neither a script nor a password can end up in the wrong reader.
 */
export function firstStage(nonce: string): string {
  return (
    `command -v sudo >/dev/null 2>&1 || { echo 'sudo: command not found' >&2; exit 127; }\n` +
    `sudo -n -- sh -c '${announce(nonce)}' || printf '\\n${nonce} ask\\n'\n`
  );
}

/** Second stage: sudo asks with our own words, reads one line byte by byte, and starts the shell that announces itself. */
export function passwordStage(nonce: string): string {
  return `LC_ALL=C exec sudo -S -p ${passwordPrompt(nonce)} -- sh -c '${announce(nonce)}'\n`;
}

export function passwordPrompt(nonce: string): string {
  return `${nonce}-password:`;
}

function announce(nonce: string): string {
  return `echo; echo ${nonce} ready; exec sh -s`;
}

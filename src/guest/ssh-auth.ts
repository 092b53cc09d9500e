import { existsSync } from 'node:fs';

import type { AnyAuthMethod, AuthenticationType, ParsedKey } from 'ssh2';

import { ProvisionError } from '../errors.ts';
import type { Identities } from './keyring.ts';
import type { LockedKey } from './key-file.ts';
import type { Secret } from './secret.ts';
import type { Target } from './target.ts';

/** One method of logging in, and the kind of it that the server must take for it to make sense. */
interface Step {
  readonly takes: AuthenticationType;
  readonly name: string;
  readonly method: AnyAuthMethod;
}

/** Goes through what there is to log in with, and remembers what was tried for the person who has to know. */
export class Login {
  /** Set when the server would take a key whose passphrase is not known yet. */
  locked: LockedKey | undefined;
  readonly #target: Target;
  readonly #identities: Identities;
  readonly #steps: Step[];
  #at = 0;
  readonly #tried: string[] = [];
  #takes: readonly string[] | undefined;

  constructor(target: Target, identities: Identities, password: Secret | undefined) {
    this.#target = target;
    this.#identities = identities;
    this.#steps = [...this.#keySteps(), ...passwordSteps(target.user, password)];
    // A server that wants nothing takes this, every other one answers what it takes.
    if (this.#steps.length === 0)
      this.#steps.push({ takes: 'none', name: 'none', method: { type: 'none', username: target.user } });
  }

  /** What to try next, by what the server said that it takes; `false` when there is nothing left. */
  next(left: readonly AuthenticationType[] | null): AnyAuthMethod | false {
    if (left !== null) this.#takes = left;
    if (this.locked !== undefined) return false;
    for (let step = this.#steps[this.#at++]; step !== undefined; step = this.#steps[this.#at++]) {
      if (this.#takes !== undefined && step.takes !== 'none' && !this.#takes.includes(step.takes)) continue;
      this.#tried.push(step.name);
      return step.method;
    }
    return false;
  }

  /** The error for a server that took nothing of it. */
  failure(reason?: string): ProvisionError {
    const { user, host, guest } = this.#target;
    const { usable, unusable } = this.#identities;
    const tried = this.#tried.filter((name) => name !== 'none');
    const takes = this.#takes === undefined ? '' : `; the server takes ${this.#takes.join(', ')}`;
    // ssh takes those beside a key without being told.
    const beside = this.#target.identityFiles.map((file) => `${file}-cert.pub`).filter((file) => existsSync(file));
    const certificates = [...this.#target.certificateFiles, ...beside];
    const unused = certificates.length > 0 ? ['certificates are not used (--transport openssh uses them)'] : [];
    const left = unusable.map(({ name, reason: why }) => `${name} ${why}`);
    const details = [
      ...(tried.length > 0 ? [`tried ${tried.join(', ')}`] : ['there was nothing to try']),
      ...left,
      ...unused,
    ];
    const fido = unusable.find(({ reason: why }) => why.includes('not supported'));
    if (usable.length === 0 && (fido !== undefined || certificates.length > 0) && tried.length === 0)
      return new ProvisionError(
        'E_SSH_UNSUPPORTED',
        fido ? `${fido.name} ${fido.reason}` : `certificates are not supported (${certificates.join(', ')})`,
        { hint: 'use --transport openssh, or a plain key', where: { guest } },
      );
    return new ProvisionError('E_AUTH', `${user}@${host} was not let in: ${details.join('; ')}${takes}`, {
      hint: reason ?? this.#hint(),
      where: { guest },
    });
  }

  #hint(): string {
    if (this.#target.isJumpHost)
      return `its user and key come from ssh_config (Host ${this.#target.guest.replace(/^.*@/, '')}) or an agent; it is given no password`;
    if (this.#takes !== undefined && !this.#takes.includes('publickey'))
      return this.#takes.includes('gssapi-with-mic')
        ? 'the server takes no keys: give a password, or log in by Kerberos with --transport openssh'
        : 'the server takes no keys: give a password';
    return 'check the user (-u) and the key (--private-key), or add the key to ~/.ssh/authorized_keys on the guest';
  }

  #keySteps(): Step[] {
    const username = this.#target.user;
    return this.#identities.usable.map((identity): Step => {
      const { name } = identity;
      if (identity.kind === 'agent')
        return { takes: 'publickey', name, method: { type: 'agent', username, agent: identity.held.agent } };
      const key = identity.kind === 'file' ? identity.key : this.#lockedKey(identity.locked);
      return { takes: 'publickey', name, method: { type: 'publickey', username, key } };
    });
  }

  /** Stands for a key that is shut: its public part asks the server, and only a yes is worth asking a person. */
  #lockedKey(locked: LockedKey): ParsedKey {
    const { publicKey } = locked;
    if (publicKey === undefined) throw new LockedOut(locked);
    return Object.create(publicKey, {
      isPrivateKey: { value: () => true },
      sign: {
        value: () => {
          this.locked = locked;
          return new Error('the key is locked');
        },
      },
    }) as ParsedKey;
  }
}

/** A key that cannot even be offered without its passphrase. */
export class LockedOut extends Error {
  readonly locked: LockedKey;

  constructor(locked: LockedKey) {
    super(`${locked.file} is locked`);
    this.locked = locked;
  }
}

function passwordSteps(username: string, secret: Secret | undefined): Step[] {
  if (secret === undefined) return [];
  let answered = false;
  return [
    {
      takes: 'password',
      name: 'password',
      method: { type: 'password', username, password: secret.reveal() },
    },
    {
      takes: 'keyboard-interactive',
      name: 'keyboard-interactive',
      method: {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          // One hidden question is the password's; anything else, or a second time, is not ours to answer.
          const ours = prompts.length === 1 && prompts[0]?.echo !== true && !answered;
          answered = true;
          finish(ours ? [secret.reveal()] : prompts.map(() => ''));
        },
      },
    },
  ];
}

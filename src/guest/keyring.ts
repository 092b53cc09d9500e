import type { ParsedKey } from 'ssh2';

import { agentKeys, type AgentKey } from './agent.ts';
import { loadKeyFile, unlockKey, type KeyFile, type LockedKey } from './key-file.ts';
import type { Secret } from './secret.ts';
import type { Target } from './target.ts';

/** Something to log in with, in the order in which it is tried. */
export type Identity =
  | { readonly kind: 'file'; readonly name: string; readonly key: ParsedKey }
  | { readonly kind: 'locked'; readonly name: string; readonly locked: LockedKey }
  | { readonly kind: 'agent'; readonly name: string; readonly held: AgentKey };

export interface Identities {
  readonly usable: readonly Identity[];
  /** Why named keys are not among them. */
  readonly unusable: readonly { readonly name: string; readonly reason: string }[];
}

/** Private keys and agents, each read once per run, whoever needs them. */
export class Keyring {
  readonly #askPassphrase: ((file: string) => Promise<Secret | undefined>) | undefined;
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #agents = new Map<string, Promise<readonly AgentKey[]>>();
  readonly #identities = new Map<string, Promise<Identities>>();
  readonly #unlocking = new Map<string, Promise<void>>();
  /** A person answers one question at a time. */
  #questions: Promise<void> = Promise.resolve();

  constructor(askPassphrase?: (file: string) => Promise<Secret | undefined>) {
    this.#askPassphrase = askPassphrase;
  }

  /**
   * OpenSSH's order: keys of the agent that are configured, the agent's other keys, the remaining files. With files
   * that the inventory or ssh_config names, those go before the agent's other keys: servers count attempts.
   */
  identities(target: Target): Promise<Identities> {
    const { agent, identitiesOnly, identitiesExplicit, identityFiles } = target;
    const name = JSON.stringify([agent, identitiesOnly, identitiesExplicit, identityFiles]);
    let found = this.#identities.get(name);
    if (found === undefined) {
      found = this.#find(target);
      this.#identities.set(name, found);
    }
    return found;
  }

  /** Asks for the passphrase of a key, once; without an answer the key is unusable for the rest of the run. */
  unlock(locked: LockedKey): Promise<void> {
    let unlocking = this.#unlocking.get(locked.file);
    if (unlocking === undefined) {
      unlocking = this.#questions.then(() => this.#unlock(locked));
      this.#questions = unlocking.catch(() => undefined);
      this.#unlocking.set(locked.file, unlocking);
    }
    return unlocking;
  }

  async #unlock(locked: LockedKey): Promise<void> {
    let key: KeyFile = { kind: 'unusable', file: locked.file, reason: 'is encrypted, and no passphrase was given' };
    // As often as OpenSSH asks.
    for (let tries = 0; tries < 3 && key.kind !== 'private'; tries++) {
      const passphrase = await this.#askPassphrase?.(locked.file);
      if (passphrase === undefined) break;
      key = await unlockKey(locked, passphrase);
    }
    this.#files.set(locked.file, Promise.resolve(key));
    this.#identities.clear();
  }

  async #find(target: Target): Promise<Identities> {
    const [files, held] = await Promise.all([
      Promise.all(target.identityFiles.map((file) => this.#file(file))),
      target.agent === undefined ? [] : this.#agent(target.agent),
    ]);
    const usable: Identity[] = [];
    const unusable: { name: string; reason: string }[] = [];
    const inFiles = (key: AgentKey): boolean => files.some((file) => publicKeyOf(file)?.equals(key.blob) === true);
    const rest = held.filter((key) => !inFiles(key));
    const others = (target.identitiesOnly ? [] : rest).map(byAgent);
    usable.push(...held.filter(inFiles).map(byAgent));
    const blobs = new Set(held.map((key) => key.blob.toString('base64')));
    const own: Identity[] = [];
    for (const file of files) {
      const blob = publicKeyOf(file)?.toString('base64');
      if (blob !== undefined && blobs.has(blob)) continue;
      if (file.kind === 'private') own.push({ kind: 'file', name: file.file, key: file.key });
      else if (file.kind === 'locked' && this.#askPassphrase)
        own.push({ kind: 'locked', name: file.file, locked: file });
      else if (file.kind === 'locked')
        unusable.push({ name: file.file, reason: 'is encrypted, and there is no terminal to ask for its passphrase' });
      else if (file.kind === 'public')
        unusable.push({ name: file.file, reason: 'is a public key that no agent holds' });
      else if (file.kind === 'unusable') unusable.push({ name: file.file, reason: file.reason });
      else if (target.identitiesExplicit) unusable.push({ name: file.file, reason: 'does not exist' });
    }
    usable.push(...(target.identitiesExplicit ? [...own, ...others] : [...others, ...own]));
    return { usable, unusable };
  }

  #file(file: string): Promise<KeyFile> {
    let key = this.#files.get(file);
    if (key === undefined) {
      key = loadKeyFile(file);
      this.#files.set(file, key);
    }
    return key;
  }

  #agent(socket: string): Promise<readonly AgentKey[]> {
    let keys = this.#agents.get(socket);
    if (keys === undefined) {
      // An agent that does not answer is as good as none, which is what OpenSSH makes of it.
      keys = agentKeys(socket).catch(() => []);
      this.#agents.set(socket, keys);
    }
    return keys;
  }
}

function byAgent(held: AgentKey): Identity {
  return { kind: 'agent', name: `${held.comment} (agent)`, held };
}

function publicKeyOf(file: KeyFile): Buffer | undefined {
  if (file.kind === 'private') return file.key.getPublicSSH();
  return file.kind === 'locked' || file.kind === 'public' ? file.publicKey?.getPublicSSH() : undefined;
}

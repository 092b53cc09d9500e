import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { ProvisionError } from '../errors.ts';
import { readIfThere } from './files.ts';
import { formatKnownHost, KnownHosts, keyType, parseKnownHosts, type KnownHostLine } from './known-hosts.ts';
import type { Target } from './target.ts';

export interface UnknownHostKey {
  readonly guest: string;
  readonly host: string;
  readonly port: number;
  readonly type: string;
  /** `SHA256:..`, as ssh-keygen shows it. */
  readonly fingerprint: string;
}

/** What is to be done with a key that a guest showed. */
export type KeyDecision =
  | { readonly kind: 'known' }
  /** Accepted, and to be written down once the guest has proven that it holds the key. */
  | { readonly kind: 'new' }
  /** A person decides. */
  | { readonly kind: 'ask'; readonly key: Buffer; readonly unknown: UnknownHostKey }
  /** Not the type on record, which was not known when the server was asked: ask again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'refused'; readonly error: ProvisionError };

type Ask = (keys: readonly UnknownHostKey[]) => Promise<readonly UnknownHostKey[]>;

/** The known host keys of a run, and the one question about all the unknown ones. */
export class HostKeys {
  readonly #acceptNew: boolean;
  readonly #ask: Ask | undefined;
  readonly #note: (text: string) => void;
  readonly #files = new Map<string, KnownHosts>();
  readonly #lines = new Map<string, readonly KnownHostLine[]>();
  readonly #accepted = new Set<string>();
  #openings = 0;
  #waiting: { readonly unknown: UnknownHostKey; readonly settle: (accepted: boolean) => void }[] = [];

  constructor(acceptNew: boolean, ask?: Ask, note: (text: string) => void = () => undefined) {
    this.#acceptNew = acceptNew;
    this.#ask = ask;
    this.#note = note;
  }

  /** Types of keys on record for a target, to be asked for first. */
  types(target: Target): string[] {
    return this.#known(target).types(target.keyNames);
  }

  /** @param asked the types that the server was asked for first */
  decide(target: Target, key: Buffer, asked: readonly string[]): KeyDecision {
    const known = this.#known(target);
    const verdict = known.verdict(target.keyNames, key);
    if (verdict.kind === 'ok') return { kind: 'known' };
    if (verdict.kind === 'revoked') return refused(revoked(target, key, verdict.line));
    if (verdict.kind === 'changed') {
      const { type } = verdict.old;
      if (type !== keyType(key) && !asked.includes(type)) return { kind: 'again' };
      return refused(changed(target, key, verdict.old));
    }
    if (target.strict !== 'yes') {
      if (this.#acceptNew || target.strict === 'accept-new') return { kind: 'new' };
      if (this.#accepted.has(acceptedName(target, key))) return { kind: 'new' };
      if (this.#ask) return { kind: 'ask', key, unknown: unknownKey(target, key) };
    }
    return refused(unknown(target, key, verdict.authority));
  }

  /** Writes an accepted key to the first of the person's known_hosts files; never changes what is there. */
  remember(target: Target, key: Buffer): void {
    const [name] = target.keyNames;
    const file = target.newKeysFile;
    if (name === undefined) return;
    const known = this.#known(target);
    if (known.verdict([name], key).kind !== 'unknown') return;
    known.learn(name, key);
    if (file === undefined) return;
    const line = formatKnownHost(name, key, target.hashKnownHosts ? randomBytes(20) : undefined);
    try {
      // ~/.ssh at most: what lies further up is not ours to make.
      if (!existsSync(dirname(file))) mkdirSync(dirname(file), { mode: 0o700 });
      const before = readIfThere(file) ?? '';
      appendFileSync(file, before === '' || before.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 });
    } catch (error) {
      this.#note(`the key of ${target.host} could not be added to ${file}: ${(error as Error).message}`);
    }
  }

  /** Counts a guest that is being reached: the question is put when everyone who is on the way has come to it. */
  async opening<T>(open: () => Promise<T>): Promise<T> {
    this.#openings += 1;
    try {
      return await open();
    } finally {
      this.#openings -= 1;
      this.#askWhenComplete();
    }
  }

  /** Waits for something that may put questions of its own: whoever waits for that holds up none of them. */
  async aside<T>(wait: Promise<T>): Promise<T> {
    this.#openings -= 1;
    this.#askWhenComplete();
    try {
      return await wait;
    } finally {
      this.#openings += 1;
    }
  }

  /** @throws ProvisionError E_HOST_KEY_UNKNOWN when the person does not accept the key */
  async settle(target: Target, { key, unknown: shown }: KeyDecision & { kind: 'ask' }): Promise<void> {
    const accepted = await new Promise<boolean>((settle) => {
      this.#waiting.push({ unknown: shown, settle });
      this.#askWhenComplete();
    });
    if (!accepted) throw unknown(target, key, undefined);
    this.#accepted.add(acceptedName(target, key));
  }

  #askWhenComplete(): void {
    if (this.#ask === undefined || this.#waiting.length === 0 || this.#waiting.length < this.#openings) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#ask(waiting.map((entry) => entry.unknown)).then(
      (accepted) => {
        for (const entry of waiting) entry.settle(accepted.includes(entry.unknown));
      },
      () => {
        for (const entry of waiting) entry.settle(false);
      },
    );
  }

  #known(target: Target): KnownHosts {
    const name = target.knownHostsFiles.join('\n');
    let known = this.#files.get(name);
    if (known === undefined) {
      known = new KnownHosts(target.knownHostsFiles.flatMap((file) => this.#linesOf(file)));
      this.#files.set(name, known);
    }
    return known;
  }

  #linesOf(file: string): readonly KnownHostLine[] {
    const lines = this.#lines.get(file) ?? parseKnownHosts(readIfThere(file) ?? '', file);
    this.#lines.set(file, lines);
    return lines;
  }
}

/** As ssh-keygen shows it. */
function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function unknownKey(target: Target, key: Buffer): UnknownHostKey {
  const { guest, host, port } = target;
  return { guest, host, port, type: keyType(key), fingerprint: fingerprint(key) };
}

function acceptedName(target: Target, key: Buffer): string {
  return `${target.keyNames[0] ?? ''} ${key.toString('base64')}`;
}

function refused(error: ProvisionError): KeyDecision {
  return { kind: 'refused', error };
}

function unknown(target: Target, key: Buffer, authority: KnownHostLine | undefined): ProvisionError {
  const shown = `the ${keyType(key)} key of ${target.host} is not known (${fingerprint(key)})`;
  const from = target.way.kind === 'jump' ? `ssh ${target.way.hop.guest} ` : '';
  const scan = `${from}ssh-keyscan ${target.port === 22 ? '' : `-p ${target.port} `}${target.host}`;
  const hint =
    authority === undefined
      ? target.strict === 'yes'
        ? `ssh_config says StrictHostKeyChecking yes: add the key with \`${scan}\``
        : `give --accept-new, or add the key with \`${scan}\` once you have compared it`
      : `only the @cert-authority in ${authority.file}:${authority.line} matches, and host certificates are not supported: add the key with \`${scan}\`, or use --transport openssh`;
  return new ProvisionError('E_HOST_KEY_UNKNOWN', shown, { hint, where: { guest: target.guest } });
}

function changed(target: Target, key: Buffer, old: KnownHostLine): ProvisionError {
  return new ProvisionError(
    'E_HOST_KEY_CHANGED',
    `the host key of ${target.host} is not the one in ${old.file}:${old.line} (it shows ${keyType(key)} ${fingerprint(key)})`,
    {
      hint: `somebody may be in between; if the guest was installed anew: ssh-keygen -f ${old.file} -R '${target.keyNames[0] ?? ''}'`,
      where: { guest: target.guest },
    },
  );
}

function revoked(target: Target, key: Buffer, line: KnownHostLine): ProvisionError {
  return new ProvisionError(
    'E_HOST_KEY_REVOKED',
    `the host key of ${target.host} is revoked in ${line.file}:${line.line} (${fingerprint(key)})`,
    { hint: 'do not connect until the guest has a new key', where: { guest: target.guest } },
  );
}

import { createPrivateKey, sign, type KeyObject } from 'node:crypto';

import type { ParsedKey } from 'ssh2';

import { readIfThere } from './files.ts';
import type { Secret } from './secret.ts';

export interface LockedKey {
  readonly kind: 'locked';
  readonly file: string;
  readonly text: string;
  /** Known without the passphrase for keys in OpenSSH's own format, or from a `.pub` beside it. */
  readonly publicKey: ParsedKey | undefined;
}

/** What a file that is named as an identity turned out to be. */
export type KeyFile =
  | { readonly kind: 'private'; readonly file: string; readonly key: ParsedKey }
  | LockedKey
  | { readonly kind: 'public'; readonly file: string; readonly publicKey: ParsedKey }
  | { readonly kind: 'unusable'; readonly file: string; readonly reason: string }
  | { readonly kind: 'missing'; readonly file: string };

/** Reads a key file; never fails. */
export async function loadKeyFile(file: string): Promise<KeyFile> {
  const text = readIfThere(file);
  if (text === undefined) {
    // A public key alone names one that the agent holds.
    const publicKey = await parse(readIfThere(`${file}.pub`));
    return publicKey === undefined ? { kind: 'missing', file } : { kind: 'public', file, publicKey };
  }
  if (/\bsk-(ssh|ecdsa)-/.test(text) || /sk-(ssh-ed25519|ecdsa-sha2)/.test(innerText(text)))
    return { kind: 'unusable', file, reason: 'is a security-key (FIDO) key, which is not supported' };
  const key = await tryParse(text);
  if (key instanceof Error) {
    if (!/encrypted/i.test(key.message)) return { kind: 'unusable', file, reason: `cannot be read: ${key.message}` };
    const publicKey = (await parse(readIfThere(`${file}.pub`))) ?? (await parse(publicPart(text)));
    return { kind: 'locked', file, text, publicKey };
  }
  return key.isPrivateKey() ? { kind: 'private', file, key: readOnce(key) } : { kind: 'public', file, publicKey: key };
}

/** The key behind a passphrase, or why it stays shut. */
export async function unlockKey(locked: LockedKey, passphrase: Secret): Promise<KeyFile> {
  const key = await tryParse(locked.text, passphrase.reveal());
  return key instanceof Error
    ? { kind: 'unusable', file: locked.file, reason: 'is encrypted, and the passphrase is wrong' }
    : { kind: 'private', file: locked.file, key: readOnce(key) };
}

/** What a signature hashes with where the server did not choose (RFC 5656, 8032; RSA's first kind of RFC 4253). */
const HASHES: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'ssh-rsa': 'sha1',
};

/**
 * The same key, which signs for a whole fleet. ssh2 hands OpenSSL the key's text for each signature, and to read that takes
 * longer than to sign.
 */
function readOnce(key: ParsedKey): ParsedKey {
  let read: KeyObject | undefined;
  const signed = (data: Buffer, algorithm?: string): Buffer | Error => {
    const hash = algorithm ?? HASHES[key.type];
    if (hash === undefined) return key.sign(data, algorithm);
    try {
      read ??= createPrivateKey(key.getPrivatePEM());
      return sign(hash, data, read);
    } catch (error) {
      return error as Error;
    }
  };
  return Object.create(key, { sign: { value: signed } }) as ParsedKey;
}

async function tryParse(text: string, passphrase?: string): Promise<ParsedKey | Error> {
  const { default: ssh2 } = await import('ssh2');
  // One key even where the types say several: OpenSSH's format holds one.
  const [key] = [ssh2.utils.parseKey(text, passphrase)].flat();
  return key ?? new Error('no key');
}

async function parse(text: string | undefined): Promise<ParsedKey | undefined> {
  if (text === undefined) return undefined;
  const key = await tryParse(text);
  return key instanceof Error ? undefined : key;
}

function innerText(text: string): string {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END/.exec(text)?.[1];
  return body === undefined ? '' : Buffer.from(body, 'base64').toString('latin1');
}

/** The public key that OpenSSH's format carries outside of its encrypted part: magic, cipher, kdf, options, count, key. */
function publicPart(text: string): string | undefined {
  const bytes = Buffer.from(innerText(text), 'latin1');
  try {
    let at = 'openssh-key-v1\0'.length;
    const next = (): Buffer => {
      const length = bytes.readUInt32BE(at);
      at += 4 + length;
      return bytes.subarray(at - length, at);
    };
    for (let skipped = 0; skipped < 3; skipped++) next();
    at += 4;
    const key = next();
    const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
    return `${type} ${key.toString('base64')}`;
  } catch {
    return undefined;
  }
}

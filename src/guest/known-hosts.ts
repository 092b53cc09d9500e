import { createHmac } from 'node:crypto';

import { matchesList } from './pattern.ts';

export interface KnownHostLine {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Comma-separated patterns, or one hashed name. */
  readonly names: string;
  readonly type: string;
  /** As base64, which is how keys are compared. */
  readonly key: string;
}

type Verdict =
  | { readonly kind: 'ok' }
  /** `authority` is set when a certificate authority's line is all that matches. */
  | { readonly kind: 'unknown'; readonly authority?: KnownHostLine }
  | { readonly kind: 'changed'; readonly old: KnownHostLine }
  | { readonly kind: 'revoked'; readonly line: KnownHostLine };

/** Takes a known_hosts file apart; what is not a key line is passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostLine[] {
  const lines: KnownHostLine[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    const words = written.trim().split(/[ \t]+/);
    const first = words[0] ?? '';
    if (first === '' || first.startsWith('#')) continue;
    const marker = first.startsWith('@') ? words.shift()?.slice(1) : undefined;
    const [names, type, key] = words;
    if (names === undefined || type === undefined || key === undefined) continue;
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') continue;
    lines.push({ file, line: index + 1, marker, names, type, key });
  }
  return lines;
}

/** The name under which a host's key is kept. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** A line for a file, the name hashed with this salt if there is one. */
export function formatKnownHost(name: string, key: Buffer, salt?: Buffer): string {
  const shown = salt === undefined ? name : `|1|${salt.toString('base64')}|${hashName(name, salt)}`;
  return `${shown} ${keyType(key)} ${key.toString('base64')}\n`;
}

/** The algorithm that a public key names first in its own bytes. */
export function keyType(key: Buffer): string {
  return key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

interface HashedLine {
  readonly salt: Buffer;
  readonly hash: string;
  readonly line: KnownHostLine;
}

/**
 * Known host keys, indexed once. A plain name costs a look-up. Every hashed name has a salt of its own, so finding a host
 * among them means hashing its name once a line; a key that is on record is therefore looked up by itself first.
 */
export class KnownHosts {
  readonly #exact = new Map<string, KnownHostLine[]>();
  readonly #wild: { readonly patterns: readonly string[]; readonly line: KnownHostLine }[] = [];
  readonly #hashed: HashedLine[] = [];
  readonly #hashedByKey = new Map<string, HashedLine[]>();
  readonly #found = new Map<string, readonly KnownHostLine[]>();

  constructor(lines: readonly KnownHostLine[]) {
    for (const line of lines) this.#add(line);
  }

  /** Types of the keys that are known under any of the names; of hashed ones only once a verdict had to find them. */
  types(names: readonly string[]): string[] {
    const lines = names.flatMap((name) => this.#found.get(name) ?? this.#shown(name));
    return [...new Set(lines.filter(({ marker }) => marker === undefined).map(({ type }) => type))];
  }

  /** Every line that is about this name, in the order of kinds: plain, wildcard, hashed. */
  #linesFor(name: string): readonly KnownHostLine[] {
    const found = this.#found.get(name) ?? [...this.#shown(name), ...among(this.#hashed, name)];
    this.#found.set(name, found);
    return found;
  }

  /** Lines whose names are there to be read. */
  #shown(name: string): KnownHostLine[] {
    const wild = this.#wild.filter(({ patterns }) => matchesList(name, patterns)).map(({ line }) => line);
    return [...(this.#exact.get(name) ?? []), ...wild];
  }

  /** Lines about these names with this very key. */
  #linesWith(names: readonly string[], key: string): KnownHostLine[] {
    const hashed = this.#hashedByKey.get(key) ?? [];
    return names.flatMap((name) => [...this.#shown(name).filter((line) => line.key === key), ...among(hashed, name)]);
  }

  /**
   * Judges a key. The names after the first (a name without its port) can vouch for a key, but not contradict it.
   * A key of another type than those on record counts as changed: the types on record were asked for first.
   */
  verdict(names: readonly string[], key: Buffer): Verdict {
    const text = key.toString('base64');
    const same = this.#linesWith(names, text);
    const revoked = same.find(({ marker }) => marker === 'revoked');
    if (revoked) return { kind: 'revoked', line: revoked };
    if (same.some(({ marker }) => marker === undefined)) return { kind: 'ok' };
    const lines = names.flatMap((name) => this.#linesFor(name));
    const own = this.#linesFor(names[0] ?? '').filter(({ marker }) => marker === undefined);
    const old = own.find(({ type }) => type === keyType(key)) ?? own[0];
    if (old) return { kind: 'changed', old };
    const authority = lines.find(({ marker }) => marker === 'cert-authority');
    return authority === undefined ? { kind: 'unknown' } : { kind: 'unknown', authority };
  }

  /** Takes a newly accepted key in, so that it is known for the rest of the run. */
  learn(name: string, key: Buffer): void {
    this.#found.delete(name);
    this.#add({
      file: '',
      line: 0,
      marker: undefined,
      names: name,
      type: keyType(key),
      key: key.toString('base64'),
    });
  }

  #add(line: KnownHostLine): void {
    const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(line.names);
    if (hashed) {
      const entry = { salt: Buffer.from(hashed[1] ?? '', 'base64'), hash: hashed[2] ?? '', line };
      this.#hashed.push(entry);
      const there = this.#hashedByKey.get(line.key);
      if (there) there.push(entry);
      else this.#hashedByKey.set(line.key, [entry]);
      return;
    }
    // ssh writes no port where it is 22, but a person may.
    const patterns = line.names
      .toLowerCase()
      .split(',')
      .map((name) => name.replace(/^\[([^\]]+)\]:22$/, '$1'));
    if (patterns.some((pattern) => /[*?!]/.test(pattern))) {
      this.#wild.push({ patterns, line });
      return;
    }
    for (const name of patterns) {
      const there = this.#exact.get(name);
      if (there) there.push(line);
      else this.#exact.set(name, [line]);
    }
  }
}

function among(hashed: readonly HashedLine[], name: string): KnownHostLine[] {
  return hashed.filter(({ salt, hash }) => hashName(name, salt) === hash).map(({ line }) => line);
}

function hashName(name: string, salt: Buffer): string {
  return createHmac('sha1', salt).update(name).digest('base64');
}

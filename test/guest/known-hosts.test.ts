import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { formatKnownHost, knownHostName, KnownHosts, parseKnownHosts } from '../../src/guest/known-hosts.ts';
import { matchesList, matchesPattern } from '../../src/guest/pattern.ts';

/** A public key's bytes: its type, then something that differs. */
function key(type: string, seed: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(seed)]);
}

const ED = key('ssh-ed25519', 'one');
const ED2 = key('ssh-ed25519', 'two');
const RSA = key('ssh-rsa', 'three');
const ed = `ssh-ed25519 ${ED.toString('base64')}`;
const rsa = `ssh-rsa ${RSA.toString('base64')}`;

interface Case {
  readonly what: string;
  readonly text: string;
  readonly name: string;
  readonly shown?: Buffer;
  readonly verdict: string;
}

const CASES: readonly Case[] = [
  { what: 'plain', text: `vm1 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'comment after the key', text: `vm1 ${ed} root@vm1 since monday`, name: 'vm1', verdict: 'ok' },
  { what: 'comma list', text: `vm1,vm1.example.net,192.0.2.1 ${ed}`, name: '192.0.2.1', verdict: 'ok' },
  { what: 'upper case in the file', text: `VM1 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'CRLF, tabs and blank lines', text: `# c\r\n\r\n  vm1\t${ed}\r\n`, name: 'vm1', verdict: 'ok' },
  { what: 'commented out', text: `#vm1 ${ed}`, name: 'vm1', verdict: 'unknown' },
  { what: 'another host', text: `vm2 ${ed}`, name: 'vm1', verdict: 'unknown' },
  { what: 'empty', text: '', name: 'vm1', verdict: 'unknown' },
  { what: 'half a line', text: `vm1 ssh-ed25519`, name: 'vm1', verdict: 'unknown' },
  { what: 'unknown marker', text: `@odd vm1 ${ed}`, name: 'vm1', verdict: 'unknown' },
  { what: 'port', text: `[vm1]:2222 ${ed}`, name: '[vm1]:2222', verdict: 'ok' },
  { what: 'other port', text: `[vm1]:2223 ${ed}`, name: '[vm1]:2222', verdict: 'unknown' },
  { what: 'IPv6 with the usual port', text: `::1 ${ed}`, name: '::1', verdict: 'ok' },
  { what: 'IPv6 with the usual port, written out', text: `[::1]:22 ${ed}`, name: '::1', verdict: 'ok' },
  { what: 'IPv6 with another port only', text: `[::1]:2222 ${ed}`, name: '::1', verdict: 'unknown' },
  { what: 'IPv6', text: `[2001:db8::1]:2222 ${ed}`, name: '[2001:db8::1]:2222', verdict: 'ok' },
  { what: 'no port vouches', text: `vm1 ${ed}`, name: '[vm1]:2222', verdict: 'ok' },
  { what: 'no port does not contradict', text: `vm1 ${rsa}`, name: '[vm1]:2222', verdict: 'unknown' },
  { what: 'wildcard', text: `*.example.net ${ed}`, name: 'vm1.example.net', verdict: 'ok' },
  { what: 'wildcard with port', text: `[*.example.net]:2222 ${ed}`, name: '[a.example.net]:2222', verdict: 'ok' },
  { what: 'question mark', text: `vm? ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'negation', text: `vm*,!vm1 ${ed}`, name: 'vm1', verdict: 'unknown' },
  { what: 'negation of another', text: `vm*,!vm2 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'changed', text: `x ${ed}\nvm1 ${ed}`, name: 'vm1', shown: ED2, verdict: 'changed f:2' },
  { what: 'several keys, one right', text: `vm1 ${rsa}\nvm1 ${ed}`, name: 'vm1', verdict: 'ok' },
  {
    what: 'changed points at its type',
    text: `vm1 ${rsa}\nvm1 ${ed}`,
    name: 'vm1',
    shown: ED2,
    verdict: 'changed f:2',
  },
  { what: 'only another type on record', text: `vm1 ${rsa}`, name: 'vm1', verdict: 'changed f:1' },
  { what: 'revoked', text: `vm1 ${ed}\n@revoked * ${ed}`, name: 'vm1', verdict: 'revoked f:2' },
  { what: 'revoked elsewhere', text: `vm1 ${ed}\n@revoked vm2 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'another key is revoked', text: `@revoked * ${rsa}\nvm1 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'authority alone', text: `@cert-authority *.net ${rsa}`, name: 'a.net', verdict: 'unknown f:1' },
  { what: 'authority and a key', text: `@cert-authority * ${rsa}\nvm1 ${ed}`, name: 'vm1', verdict: 'ok' },
  { what: 'authority and a changed key', text: `@cert-authority * ${rsa}\nvm1 ${ed}`, name: 'vm1', shown: ED2, verdict: 'changed f:2' }, // prettier-ignore
];

/** With a port, OpenSSH looks at the name without it as well. */
function namesOf(name: string): string[] {
  const host = /^\[(.*)\]:\d+$/.exec(name)?.[1];
  return host === undefined ? [name] : [name, host];
}

function judge(text: string, name: string, shown: Buffer): string {
  const verdict = new KnownHosts(parseKnownHosts(text, 'f')).verdict(namesOf(name), shown);
  const line = { ok: undefined, unknown: 0, changed: 0, revoked: 0 }[verdict.kind];
  if (line === undefined) return 'ok';
  const found =
    verdict.kind === 'changed'
      ? verdict.old
      : verdict.kind === 'revoked'
        ? verdict.line
        : verdict.kind === 'unknown'
          ? verdict.authority
          : undefined;
  return found === undefined ? verdict.kind : `${verdict.kind} ${found.file}:${found.line}`;
}

describe('known_hosts', () => {
  test.each(CASES)('$what', ({ text, name, shown, verdict }) => {
    expect(judge(text, name, shown ?? ED)).toBe(verdict);
  });

  test('types on record, for what to ask the server first', () => {
    const known = new KnownHosts(parseKnownHosts(`vm1 ${rsa}\nvm* ${ed}\n@cert-authority * ssh-dss AAAA`, 'f'));
    expect(known.types(['vm1'])).toEqual(['ssh-rsa', 'ssh-ed25519']);
  });

  test('hashed names are found by their key, or when a verdict needs them', () => {
    const text = formatKnownHost('vm1', RSA, Buffer.alloc(20, 1)) + formatKnownHost('vm2', ED, Buffer.alloc(20, 2));
    const known = new KnownHosts(parseKnownHosts(text, 'f'));
    expect(known.verdict(['vm2'], ED).kind).toBe('ok');
    expect(known.types(['vm1'])).toEqual([]);
    expect(known.verdict(['vm1'], ED).kind).toBe('changed');
    expect(known.types(['vm1'])).toEqual(['ssh-rsa']);
  });

  test('a learned key is known, and an earlier look does not stand in its way', () => {
    const known = new KnownHosts([]);
    expect(known.verdict(['vm1'], ED).kind).toBe('unknown');
    known.learn('vm1', ED);
    expect(known.verdict(['vm1'], ED).kind).toBe('ok');
    expect(known.verdict(['vm1'], ED2).kind).toBe('changed');
  });

  test('what we write, plain or hashed, we read', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), fc.boolean(), (host, port, hashed) => {
        const name = knownHostName(host, port);
        const line = formatKnownHost(name, ED, hashed ? Buffer.alloc(20, 9) : undefined);
        expect(judge(line, name, ED)).toBe('ok');
        expect(judge(line, name, ED2)).toMatch(/^changed/);
        expect(line.includes(host)).toBe(!hashed);
      }),
    );
  });
});

describe('files of ssh-keygen', () => {
  let folder: string;
  let real: Buffer;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'provision-known-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    const [type, text] = readFileSync(join(folder, 'key.pub'), 'utf8').split(' ');
    real = Buffer.from(text ?? '', 'base64');
    writeFileSync(
      join(folder, 'known_hosts'),
      ['vm1', 'vm2.example.net', '[vm3]:2222', '192.0.2.7', '[2001:db8::1]:2200'].map((name) => `${name} ${type} ${text}\n`).join(''), // prettier-ignore
    );
    execFileSync('ssh-keygen', ['-q', '-H', '-f', join(folder, 'known_hosts')], { stdio: 'ignore' });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(['vm1', 'vm2.example.net', '[vm3]:2222', '192.0.2.7', '[2001:db8::1]:2200'])('hashed %s', (name) => {
    const text = readFileSync(join(folder, 'known_hosts'), 'utf8');
    // Every line is a salt and a hash, and names nobody.
    expect(text).toMatch(/^(\|1\|[\w+/=|]+ ssh-ed25519 \S+\n)+$/);
    expect(judge(text, name, real)).toBe('ok');
    expect(judge(text, name, ED2)).toMatch(/^changed f:\d$/);
    expect(judge(text, 'vm9', real)).toBe('unknown');
  });

  test('ssh-keygen finds what we hash', () => {
    const file = join(folder, 'ours');
    writeFileSync(file, formatKnownHost('[vm3]:2222', real, Buffer.alloc(20, 3)));
    expect(execFileSync('ssh-keygen', ['-F', '[vm3]:2222', '-f', file]).toString()).toContain('found: line 1');
  });
});

describe('patterns', () => {
  test.each([
    ['vm1', 'vm1', true],
    ['vm1', 'vm', false],
    ['vm1', '*', true],
    ['', '*', true],
    ['vm12', 'vm?', false],
    ['a.b.c', '*.c', true],
    ['a.b.c', '*b*', true],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '*a*a*a*a*a*a*a*a*c', false],
    ['[h]:2', '[h]:?', true],
  ])('%s against %s', (text, pattern, matched) => {
    expect(matchesPattern(text, pattern)).toBe(matched);
  });

  test('as a RegExp would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), letters, (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesPattern(text, pattern)).toBe(expression.test(text));
      }),
    );
  });

  test('a negation alone matches nothing', () => {
    expect(matchesList('vm1', ['!vm2'])).toBe(false);
    expect(matchesList('vm1', ['!vm2', '*'])).toBe(true);
    expect(matchesList('vm2', ['*', '!vm2'])).toBe(false);
  });
});

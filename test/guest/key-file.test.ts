import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { loadKeyFile, unlockKey } from '../../src/guest/key-file.ts';
import { Secret } from '../../src/guest/secret.ts';
import { keygen } from './support/sshd.ts';

const DATA = Buffer.from('what a server asks to be signed');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Whether the key's public half takes its signatures, as a server would find out. */
function signs(key: ssh2.ParsedKey, file: string, algorithm?: string): boolean[] {
  const [half] = [ssh2.utils.parseKey(readFileSync(`${file}.pub`))].flat() as [ssh2.ParsedKey];
  return [1, 2].map(() => half.verify(DATA, key.sign(DATA, algorithm), algorithm));
}

test.each([
  ['ed25519', 'ed25519', [], [undefined]],
  ['ecdsa of 256 bits', 'ecdsa', ['-b', '256'], [undefined]],
  ['ecdsa of 384 bits', 'ecdsa', ['-b', '384'], [undefined]],
  ['ecdsa of 521 bits', 'ecdsa', ['-b', '521'], [undefined]],
  ['rsa', 'rsa', ['-b', '2048'], [undefined, 'sha256', 'sha512']],
  ['rsa in PEM', 'rsa', ['-b', '2048', '-m', 'PEM'], [undefined, 'sha512']],
])('a key of type %s signs time and again, with the hash that the server chose', async (name, type, flags, hashes) => {
  const file = keygen(join(folder, name.replaceAll(' ', '-')), type, '', ...flags);
  const loaded = await loadKeyFile(file);
  if (loaded.kind !== 'private') throw new Error(loaded.kind);
  for (const hash of hashes) expect([hash, signs(loaded.key, file, hash)]).toEqual([hash, [true, true]]);
  expect(loaded.key.sign(DATA, 'no-such-hash')).toBeInstanceOf(Error);
});

test('a key that was unlocked signs as well', async () => {
  const file = keygen(join(folder, 'locked'), 'ed25519', 'open sesame');
  const locked = await loadKeyFile(file);
  if (locked.kind !== 'locked') throw new Error(locked.kind);
  const open = await unlockKey(locked, Secret.of('open sesame'));
  if (open.kind !== 'private') throw new Error(open.kind);
  expect(signs(open.key, file)).toEqual([true, true]);
});

import { format, inspect } from 'node:util';

import { expect, test } from 'vitest';

import { Secret } from '../../src/guest/secret.ts';

const CANARY = 'canary-7f3a';

test('nothing that prints a secret shows it', () => {
  const secret = Secret.of(CANARY);
  const shown = [
    String(secret),
    'joined '.concat(secret as unknown as string),
    JSON.stringify({ secret, list: [secret] }),
    inspect(secret, { depth: 9, showHidden: true }),
    inspect({ nested: { secret } }, { depth: 9, showHidden: true }),
    format('%s %o %O %j', secret, secret, secret, secret),
    new Error('x', { cause: secret }).stack ?? '',
    inspect(new Error('x', { cause: secret })),
    JSON.stringify(Object.entries(secret)),
    [secret].join(),
  ].join('\n');
  expect(shown).not.toContain(CANARY);
  expect(shown).toContain('[redacted]');
  expect(secret.reveal()).toBe(CANARY);
});

import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { generateKeys } from '../../scripts/guests.d/key-pair.mjs';

// One pair in 256 of ssh2's own is unreadable: among 2,000 there are none with odds of 1 in 2,500.
it('a guest and its client always get keys that can be read', () => {
  const unreadable = Array.from({ length: 2000 }, () => generateKeys('ed25519').private).filter(
    (text) => ssh2.utils.parseKey(text) instanceof Error,
  );
  expect(unreadable).toEqual([]);
});

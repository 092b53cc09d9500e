import { describe, expect, it } from 'vitest';

import { ProvisionError } from '../../src/errors.ts';
import { parseTarget } from '../../src/export/target.ts';
import { shipped } from '../plan/support/planning.ts';

const read = (text: string): string => {
  const { distribution, arch } = parseTarget(text, shipped.distributions);
  return `${distribution.id} ${arch}`;
};

describe('--for', () => {
  it.each([
    ['debian12/amd64', 'debian-12 amd64'],
    ['debian-12', 'debian-12 amd64'],
    ['Debian13/arm64', 'debian-13 arm64'],
    ['ubuntu22.04', 'ubuntu-22.04 amd64'],
    ['uos20/arm64', 'uos-20 arm64'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each(['debian9', 'debian12/riscv64', 'debian12/amd64/x', '', '/amd64'])(
    '%j is refused with what is known',
    (text) => {
      expect(() => read(text)).toThrow(ProvisionError);
      expect(() => read(text)).toThrow(/^--for: /);
    },
  );
});

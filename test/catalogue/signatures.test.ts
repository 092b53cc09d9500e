import { describe, expect, it } from 'vitest';
import { wrongExamples } from '../../src/investigate/signatures/examples.ts';
import { loadHangKnowledge } from '../../src/shipped/hang-knowledge.ts';

const knowledge = loadHangKnowledge();

describe('catalogue/signatures', () => {
  it.each(knowledge.signatures.map((signature) => [signature.name, signature] as const))(
    '%s fits its own examples and no others',
    (_name, signature) => {
      expect(wrongExamples(signature, knowledge)).toEqual([]);
    },
  );
});

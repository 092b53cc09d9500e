import { describe, expect, it } from 'vitest';
import { ProvisionErrors } from '../../src/errors.ts';
import { parseHangs } from '../../src/shipped/hang-knowledge.ts';

const SIGNATURE = `title: waits
category: mutex-wait
grade: usual
meaning: It waits.
match: { stacks: [[mutex_lock]] }
next:
  - { run: dmesg, why: what it says }
  - { run: ps, why: who is there }
examples:
  fits: [mutex_lock <- f]
  other: [down_read <- f]
`;

const signature = (text: string): Parameters<typeof parseHangs>[0] => [
  { file: 'catalogue/signatures/waits.yaml', text },
];

function errorOf(texts: Parameters<typeof parseHangs>[0]): { message: string; where: unknown } {
  try {
    parseHangs(texts);
  } catch (error) {
    const [first = error] = error instanceof ProvisionErrors ? error.errors : [];
    return first as { message: string; where: unknown };
  }
  throw new Error('it was read');
}

describe('parseHangs', () => {
  it('reads a signature, with what it does not say filled in', () => {
    const [read] = parseHangs(signature(SIGNATURE)).signatures;
    expect(read).toMatchObject({
      name: 'waits',
      match: { kinds: [], states: [], headline: null, top: 3, none: [] },
      kernels: { from: null, before: null },
      namesCaller: false,
      fixes: [],
      examples: { fits: [{ kind: 'proc', state: 'D', stack: 'mutex_lock <- f' }] },
    });
  });

  it.each([
    ['a word it does not know', SIGNATURE.replace('match:', 'level: 3\nmatch:'), 'level', 5],
    ['a grade that is none', SIGNATURE.replace('usual', 'certain'), 'exact, usual, fallback', 3],
    ['a step that means nothing', SIGNATURE.replace('[mutex_lock]', '["mutex lock"]'), 'function names', 5],
    ['a headline that is no pattern', SIGNATURE.replace('stacks:', 'headline: "(", stacks:'), 'regular expression', 5],
    ['one next step', SIGNATURE.replace(/\n {2}- \{ run: ps.*/, ''), 'two steps', 7],
    [
      'a fix without a release',
      SIGNATURE.replace('next:', 'fixes: [{ commit: 443c2accd1b6, title: t }]\nnext:'),
      '',
      6,
    ],
    ['no example of what it is not', SIGNATURE.replace(/\n {2}other.*/, ''), 'other', 10],
  ])('refuses %s, and says where', (_name, text, says, line) => {
    const { message, where } = errorOf(signature(text));
    expect(message).toContain(says);
    expect(where).toMatchObject({ file: 'catalogue/signatures/waits.yaml', line });
  });

  it('refuses a function that two files know', () => {
    const { message, where } = errorOf([
      { file: 'catalogue/frames/a.yaml', text: 'subsystem: a\nfunctions: { f: does it }\n' },
      { file: 'catalogue/frames/b.yaml', text: 'subsystem: b\nfunctions: { f: does it too }\n' },
    ]);
    expect(message).toBe('f is here a second time');
    expect(where).toEqual({ file: 'catalogue/frames/b.yaml' });
  });
});

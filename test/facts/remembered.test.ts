import { describe, expect, it } from 'vitest';

import { Remembered } from '../../src/facts/remembered.ts';

const reader = (most: number) => {
  const remembered = new Remembered<{ text: string }>(most);
  const reads: string[] = [];
  const of = (text: string): { text: string } =>
    remembered.of(text, () => {
      reads.push(text.slice(0, 8));
      return { text };
    });
  return { of, reads };
};

describe('Remembered', () => {
  it('reads equal texts once and answers with the same thing', () => {
    const { of, reads } = reader(4);
    expect(of('a')).toBe(of('a'));
    expect(of('b')).toEqual({ text: 'b' });
    expect(reads).toEqual(['a', 'b']);
  });

  it('keeps what is met again and again, however many others come between', () => {
    const { of, reads } = reader(2);
    for (const own of ['1', '2', '3', '4']) {
      of('common');
      of(own);
    }
    expect(reads).toEqual(['common', '1', '2', '3', '4']);
    of('1');
    expect(reads.at(-1)).toBe('1');
  });

  it('keeps no long text', () => {
    const { of, reads } = reader(4);
    const long = 'x'.repeat(100_000);
    of(long);
    of(long);
    expect(reads).toHaveLength(2);
  });

  it('keeps no error', () => {
    const remembered = new Remembered<object>(4);
    const fail = (): object => {
      throw new Error('no');
    };
    expect(() => remembered.of('a', fail)).toThrow('no');
    expect(remembered.of('a', () => ({ now: true }))).toEqual({ now: true });
  });
});

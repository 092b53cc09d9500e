import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeTalk, encodeTalk } from '../../src/engine/talk.ts';
import type { Event } from '../../src/events.ts';

const line = (text: string): Event => ({ kind: 'guest.output', guest: 'vm1', line: text });

describe('what guests say, as an entry of a stream', () => {
  it('is what it was, packed or not', () => {
    const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 500, maxLength: 3000 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(texts, (said) => {
        const events = said.map(line);
        expect(decodeTalk(encodeTalk(events))).toEqual(events);
      }),
    );
  });

  it('is packed where that is worth it', () => {
    expect(encodeTalk([line('hello')]).toString()).toBe('[{"kind":"guest.output","guest":"vm1","line":"hello"}]');
    expect(encodeTalk([line('x'.repeat(100_000))]).length).toBeLessThan(1000);
  });

  it.each(['', 'x', '{', '\u0000abc'])('%j is of nobody of us', (text) => {
    expect(() => decodeTalk(Buffer.from(text))).toThrow();
  });
});

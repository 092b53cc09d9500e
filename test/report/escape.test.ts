import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeContent, escapeControl, escapeJson } from '../../src/report/escape.ts';

const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const anything = fc.string({ unit: 'binary', maxLength: 200 });

describe('escapeControl', () => {
  it('writes out what could draw on the terminal', () => {
    expect(escapeControl('\u001b[31mred\r\n\0\u009b1A\u202e')).toBe('\\e[31mred\\r\\n\\x00\\x9b1A\\u{202e}');
  });

  it('leaves no control character, whatever comes', () => {
    fc.assert(fc.property(anything, (text) => !CONTROLS.test(escapeControl(text))));
  });

  it('leaves ordinary text as it is, in any script', () => {
    expect(escapeControl('vm1 größe 虚拟机 → ok')).toBe('vm1 größe 虚拟机 → ok');
  });

  it('is idempotent, so that escaping twice does no harm', () => {
    fc.assert(fc.property(anything, (text) => escapeControl(escapeControl(text)) === escapeControl(text)));
  });
});

describe('escapeContent', () => {
  it('keeps tabs and nothing else', () => {
    expect(escapeContent('a\tb\u001b')).toBe('a\tb\\e');
  });
});

describe('escapeJson', () => {
  it('changes the bytes and not the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anything, (value, text) => {
        const line = escapeJson(JSON.stringify({ value, text }));
        expect(CONTROLS.test(line)).toBe(false);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ value, text })));
      }),
    );
  });
});

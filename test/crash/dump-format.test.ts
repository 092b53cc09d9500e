import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeDump } from '../../src/crash/dump-format.ts';

const FLAT = Buffer.from('makedumpfile\0\0\0\0');
const END = Buffer.alloc(16, 0xff);
const ELF = Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0', 'latin1');
const KDUMP = Buffer.from('KDUMP   \x06\0\0\0\0\0\0\0');

describe('judgeDump', () => {
  it.each([
    ['a flattened dump with its end', FLAT, END, 'flattened'],
    ['what makedumpfile -R makes', KDUMP, FLAT, 'kdump'],
    ['the copy of /proc/vmcore', ELF, KDUMP, 'elf'],
  ])('takes %s', (_name, head, tail, format) => {
    expect(judgeDump({ head, tail, size: 50_000_000 })).toEqual({ valid: true, format });
  });

  it.each([
    ['nothing', Buffer.alloc(0), Buffer.alloc(0), 0, /^empty: makedumpfile failed in the capture kernel/],
    ['half of one', FLAT, KDUMP, 9_000_000, /^truncated/],
    ['a header alone', FLAT, Buffer.alloc(16), 4096, /^truncated/],
    ['one byte less than all', FLAT, Buffer.concat([Buffer.alloc(1), END]).subarray(0, 16), 5000, /^truncated/],
    ['something else', Buffer.from('#!/bin/sh\necho x'), END, 5000, /^not a dump/],
    ['a word that only begins so', Buffer.from('makedumpfile says'), END, 5000, /^not a dump/],
    ['three bytes', Buffer.from('\x7fEL'), Buffer.from('\x7fEL'), 3, /^not a dump/],
  ])('refuses %s', (_name, head, tail, size, reason) => {
    expect(judgeDump({ head, tail, size })).toEqual({ valid: false, reason: expect.stringMatching(reason) as string });
  });

  it('never takes a flattened dump without all of its end marker', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (tail) => {
        fc.pre(tail.some((byte) => byte !== 0xff));
        expect(judgeDump({ head: FLAT, tail: Buffer.from(tail), size: 1 << 26 }).valid).toBe(false);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';

import { judgeFile, judgeNone, type Inside } from '../../../src/crash/dumps/judge.ts';

const FLAT = Buffer.from('makedumpfile\0\0\0\0');
const END = Buffer.alloc(16, 0xff);
const ELF = Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0', 'latin1');
const GZIP = Buffer.from([0x1f, 0x8b, 8, 0]);
const XZ = Buffer.from('\xfd7zXZ\0\0\x04', 'latin1');
const TWO_GIB = 2 * 1024 * 1024;
const file = (name: string, size: number) => ({ name, size, mtime: 1 });
const MB = 1_000_000;

describe('a saved file', () => {
  it.each([
    ['dump.202611241200', 41 * MB, FLAT, END, 'flattened'],
    ['vmcore.202611241200', 2147 * MB, ELF, FLAT, 'elf'],
    ['dump.202611241200.gz', 40 * MB, GZIP, END, 'gzip'],
    ['dump.202611241200.xz', 40 * MB, XZ, Buffer.from('....YZ'), 'xz'],
  ])('%s can be read', (name, size, head, tail, format) => {
    const judged = judgeFile({ file: file(name, size), ends: { head, tail } }, TWO_GIB);
    expect(judged).toMatchObject({ format, verdict: { valid: true } });
  });

  it.each([
    ['dump.202611241200', 0, '', '', /^empty/],
    ['dump.202611241200', 9 * MB, FLAT, FLAT, /^truncated: the end marker/],
    ['dump.202611241200', 900_000, FLAT, END, /^implausibly small: 0.9 MB for 2.0 GiB/],
    // More than a megabyte, and less than a five hundredth of the memory.
    ['dump.202611241200', 3 * MB, FLAT, END, /^implausibly small: 3.0 MB/],
    ['dump.202611241200.gz', 40 * MB, FLAT, END, /^not a gzip file/],
    ['dump.202611241200.xz', 40 * MB, XZ, FLAT, /^truncated: the xz file has no end/],
    ['dump.202611241200.gz', 0, '', '', /^empty/],
  ])('%s of %d bytes cannot', (name, size, head, tail, reason) => {
    const ends = { head: Buffer.from(head), tail: Buffer.from(tail) };
    expect(judgeFile({ file: file(name, size), ends }, TWO_GIB).verdict).toEqual({
      valid: false,
      reason: expect.stringMatching(reason) as string,
    });
  });

  it('that the user may not read is not called broken', () => {
    const { verdict } = judgeFile({ file: file('dump.202611241200', 41 * MB) }, TWO_GIB);
    expect(verdict).toMatchObject({
      valid: false,
      reason: expect.stringMatching(/^cannot be read by this user/) as string,
    });
  });

  it('of a guest whose memory is unknown has the floor of a megabyte', () => {
    const small = { file: file('dump.202611241200', 3 * MB), ends: { head: FLAT, tail: END } };
    expect(judgeFile(small, 0).verdict.valid).toBe(true);
  });

  describe('that is compressed', () => {
    const look = (inside?: Inside) =>
      judgeFile(
        { file: file('dump.202611241200.gz', 40 * MB), ends: { head: GZIP, tail: END }, ...(inside && { inside }) },
        TWO_GIB,
      ).verdict;

    it('says what was not looked at', () => {
      expect(look()).toEqual({ valid: true, note: 'only its gzip container was looked at' });
      expect(look({ missing: 'gzip' })).toMatchObject({ note: expect.stringContaining('has no gzip') as string });
      expect(look({ head: FLAT, tail: END, exitCode: 0 })).toEqual({ valid: true });
    });

    it.each([
      [{ head: FLAT, tail: END, exitCode: 1 }, /gzip cannot read it to its end/],
      [{ head: FLAT, tail: FLAT, exitCode: 0 }, /^truncated: the end marker.*in the gzip file/],
      [{ head: Buffer.alloc(0), tail: Buffer.alloc(0), exitCode: 0 }, /^empty: makedumpfile failed/],
    ])('is judged by what is inside: %j', (inside, reason) => {
      expect(look(inside)).toMatchObject({ valid: false, reason: expect.stringMatching(reason) as string });
    });
  });
});

describe('a directory without a finished dump', () => {
  it.each([
    [['dump-incomplete', 'dmesg.202611241200'], false, /^incomplete: the capture was cut off/],
    [['vmcore-incomplete'], true, /^incomplete: the capture is running/],
    [['dmesg.202611241200'], false, /^no dump: only the kernel log/],
    [['capture.log'], false, /^no dump: nothing was saved/],
    [[], false, /^no dump: nothing was saved/],
  ])('%j', (names, captureKernel, reason) => {
    const files = names.map((name) => file(name, 10));
    expect(judgeNone(files, captureKernel)).toEqual({
      valid: false,
      reason: expect.stringMatching(reason) as string,
    });
  });
});

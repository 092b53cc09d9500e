import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeWhole } from '../../../src/crash/analysis/whole-dump.ts';
import { bufferBytes } from '../../../src/crash/bytes.ts';
import { elfFile, flattened, kdumpFile } from '../support/files.ts';

const ELF = elfFile([{ name: 'CORE', type: 1, value: Buffer.alloc(336) }], { type: 4, memory: 4096 });

describe('judgeWhole', () => {
  it.each([
    ['flattened', flattened(kdumpFile())],
    ['kdump', kdumpFile()],
    ['elf', ELF],
  ])('takes a whole %s dump', (format, file) => {
    expect(judgeWhole(bufferBytes(file))).toEqual({ valid: true, format });
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'empty'],
    ['a flattened dump without its end', flattened(kdumpFile()).subarray(0, -1), 'truncated'],
    ['a flattened dump with nothing in it', flattened(Buffer.alloc(0)).subarray(16), 'not a dump'],
    [
      'a header and an end',
      Buffer.concat([flattened(Buffer.alloc(0)).subarray(0, 4096), Buffer.alloc(16, 0xff)]),
      'nothing',
    ],
    ['an incomplete kdump file', kdumpFile({ status: 9 }), 'incomplete'],
    ['the beginning of a kdump file', kdumpFile().subarray(0, 9000), 'page map'],
    ['a few bytes of a kdump file', kdumpFile().subarray(0, 100), 'header'],
    ['an ELF dump without its memory', ELF.subarray(0, -1), 'memory'],
    ['the beginning of an ELF dump', ELF.subarray(0, 40), 'header'],
    ['a program', elfFile([], { type: 2 }), 'no core'],
    ['text', Buffer.from('root:x:0:0::/root:/bin/bash\n'), 'not a dump'],
  ])('refuses %s', (_what, file, reason) => {
    const verdict = judgeWhole(bufferBytes(file));
    expect(verdict.valid ? 'valid' : verdict.reason).toContain(reason);
  });

  it('judges any file', () => {
    const magic = fc.constantFrom('', 'KDUMP   ', '\x7fELF\x02\x01', 'makedumpfile\0');
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 600 }), (start, rest) => {
        const file = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
        expect(typeof judgeWhole(bufferBytes(file)).valid).toBe('boolean');
      }),
    );
  });
});

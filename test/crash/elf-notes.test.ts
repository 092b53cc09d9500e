import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bufferBytes } from '../../src/crash/bytes.ts';
import { elfBuildId, elfNotes } from '../../src/crash/elf-notes.ts';
import { elfFile, vmlinux } from './support/files.ts';

const BUILD_ID = 'eb4fbcd037e7253717950bf2b93bd5566f47c56f';

describe('elfBuildId', () => {
  it('finds the build-id among other notes', () => {
    expect(elfBuildId(bufferBytes(vmlinux(BUILD_ID)))).toBe(BUILD_ID);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('#!/bin/sh\n'.repeat(20))],
    ['an ELF file without notes', elfFile([])],
    ['a header whose rest is missing', vmlinux(BUILD_ID).subarray(0, 64)],
    ['notes that break off', vmlinux(BUILD_ID).subarray(0, 150)],
  ])('is null for %s', (_what, file) => {
    expect(elfBuildId(bufferBytes(file))).toBeNull();
  });

  it('reads headers and notes, not the file', () => {
    const file = vmlinux(BUILD_ID);
    let read = 0;
    const size = 600_000_000;
    const bytes = {
      size,
      read: (offset: number, length: number) => {
        read += length;
        return file.subarray(offset, offset + length);
      },
    };
    expect(elfBuildId(bytes)).toBe(BUILD_ID);
    expect(read).toBeLessThan(1000);
  });
});

describe('elfNotes', () => {
  it('survives any bytes behind an ELF header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 58, maxLength: 400 }), (rest) => {
        const file = Buffer.concat([Buffer.from('\x7fELF\x02\x01', 'latin1'), rest]);
        expect(Array.isArray(elfNotes(bufferBytes(file)))).toBe(true);
      }),
    );
  });
});

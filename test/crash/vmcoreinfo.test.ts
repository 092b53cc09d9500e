import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bufferBytes } from '../../src/crash/bytes.ts';
import { readIdentity } from '../../src/crash/dump-identity.ts';
import { parseVmcoreinfo } from '../../src/crash/vmcoreinfo.ts';
import { elfFile, kdumpFile } from './support/files.ts';

const INFO = `OSRELEASE=6.12.48+deb13-amd64
BUILD-ID=EB4FBCD037E7253717950BF2B93BD5566F47C56F
PAGESIZE=4096
SYMBOL(init_uts_ns)=ffffffff89e1b2c0
OFFSET(uts_namespace.name)=0
KERNELOFFSET=7600000
CRASHTIME=1795541042
\0\0\0`;

describe('parseVmcoreinfo', () => {
  it('reads release, build-id and time', () => {
    expect(parseVmcoreinfo(INFO)).toMatchObject({
      release: '6.12.48+deb13-amd64',
      buildId: 'eb4fbcd037e7253717950bf2b93bd5566f47c56f',
      crashTime: 1_795_541_042,
    });
    expect(parseVmcoreinfo(INFO).values.get('SYMBOL(init_uts_ns)')).toBe('ffffffff89e1b2c0');
  });

  it.each([
    ['a kernel before 5.9', 'OSRELEASE=4.19.0-arm64-desktop\nPAGESIZE=4096\n'],
    ['a build-id that is none', 'OSRELEASE=4.19.0-arm64-desktop\nBUILD-ID=\x1b[31m\nCRASHTIME=soon\n'],
  ])('knows no build-id of %s', (_what, text) => {
    expect(parseVmcoreinfo(text)).toMatchObject({ release: '4.19.0-arm64-desktop', buildId: null, crashTime: null });
  });

  it('survives anything', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseVmcoreinfo(text).values.size >= 0));
  });
});

describe('readIdentity', () => {
  it('reads a kdump file', () => {
    expect(readIdentity(bufferBytes(kdumpFile()))).toEqual({
      release: '6.1.0-56-amd64',
      version: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)',
      machine: 'x86_64',
      nodename: 'vm1',
      buildId: 'eb4fbcd037e7253717950bf2b93bd5566f47c56f',
      crashTime: 1_795_541_042,
    });
  });

  it('falls back on the header where there is no vmcoreinfo', () => {
    const identity = readIdentity(bufferBytes(kdumpFile({ vmcoreinfo: '' })));
    expect(identity).toMatchObject({ release: '6.1.0-56-amd64', buildId: null, crashTime: null });
  });

  it('reads an ELF vmcore, which does not say uname -v', () => {
    const file = elfFile([{ name: 'VMCOREINFO', type: 0, value: Buffer.from(INFO) }], { type: 4 });
    expect(readIdentity(bufferBytes(file))).toMatchObject({
      release: '6.12.48+deb13-amd64',
      version: null,
      machine: 'x86_64',
    });
  });

  it('survives any file', () => {
    const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => bufferBytes(Buffer.from(array)));
    fc.assert(fc.property(bytes, (file) => Object.keys(readIdentity(file)).length === 6));
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debugPackage } from '../../../src/crash/analysis/symbols/debug-package.ts';
import { findSymbols } from '../../../src/crash/analysis/symbols/find-symbols.ts';
import type { SymbolWishes } from '../../../src/crash/analysis/symbols/symbols.ts';
import type { Work } from '../../../src/crash/analysis/work.ts';
import type { DumpIdentity } from '../../../src/crash/dump-identity.ts';
import { loadDistributions } from '../../../src/shipped/catalogue.ts';
import { loadDebugFiles } from '../../../src/shipped/crash-knowledge.ts';
import { vmlinux } from '../support/files.ts';
import { unwatched } from '../support/work.ts';

const BUILD_ID = 'eb4fbcd037e7253717950bf2b93bd5566f47c56f';
const OTHER_ID = '15dfff3239aa7c3b16a71e6b2e3b6e4009dab998';
const RELEASE = '6.12.48+deb13-amd64';
const IDENTITY: DumpIdentity = {
  release: RELEASE,
  version: '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)',
  machine: 'x86_64',
  nodename: 'vm1',
  buildId: BUILD_ID,
  crashTime: null,
};

let folder: string;
let work: Work;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symbols-'));
  work = unwatched(join(folder, 'cache'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(path: string, content: Buffer | string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

function wishes(change: Partial<SymbolWishes> = {}): SymbolWishes {
  return {
    given: null,
    distributions: loadDistributions(),
    files: loadDebugFiles(),
    mayDownload: () => Promise.resolve(false),
    ...change,
  };
}

describe('findSymbols', () => {
  it('takes the given file, and the modules of the package that it lies in', async () => {
    const file = put(`x/usr/lib/debug/boot/vmlinux-${RELEASE}`, vmlinux(BUILD_ID));
    const module = put(`x/usr/lib/debug/lib/modules/${RELEASE}/kernel/drivers/gpu/drm/virtio/virtio-gpu.ko`, '');
    put(`x/usr/lib/debug/lib/modules/${RELEASE}/kernel/drivers/gpu/drm/amd/amdgpu.ko`, '');
    for (const given of [file, join(folder, 'x')]) {
      expect(await findSymbols(IDENTITY, wishes({ given }), work)).toEqual({
        vmlinux: file,
        modules: [module],
        from: 'given',
        proven: true,
      });
    }
  });

  it('finds the right one among several, also by build-id alone', async () => {
    put('x/boot/vmlinux-a', vmlinux(OTHER_ID));
    const right = put('x/boot/vmlinux-b', vmlinux(BUILD_ID));
    expect(await findSymbols(IDENTITY, wishes({ given: join(folder, 'x') }), work)).toMatchObject({ vmlinux: right });
    const named = put(`y/.build-id/${BUILD_ID.slice(0, 2)}/${BUILD_ID.slice(2)}.debug`, vmlinux(BUILD_ID));
    expect(await findSymbols(IDENTITY, wishes({ given: join(folder, 'y') }), work)).toMatchObject({ vmlinux: named });
  });

  it('refuses another build and shows both ids', async () => {
    const given = put('vmlinux', vmlinux(OTHER_ID));
    const found = findSymbols(IDENTITY, wishes({ given }), work);
    await expect(found).rejects.toMatchObject({ code: 'E_SYMBOLS' });
    await expect(found).rejects.toThrow(new RegExp(`${OTHER_ID}.*${BUILD_ID}`));
  });

  it.each([
    ['is not there', 'nowhere', 'E_USAGE'],
    ['is a folder without one', '.', 'E_SYMBOLS'],
  ])('says so when the given path %s', async (_what, path, code) => {
    const found = findSymbols(IDENTITY, wishes({ given: join(folder, path) }), work);
    await expect(found).rejects.toMatchObject({ code });
  });

  it('takes the cache by build-id, and never a file of another build in it', async () => {
    const cached = put(`cache/vmlinux/${BUILD_ID}/vmlinux`, vmlinux(BUILD_ID));
    expect(await findSymbols(IDENTITY, wishes(), work)).toMatchObject({ vmlinux: cached, from: 'cache' });
    put(`cache/vmlinux/${BUILD_ID}/vmlinux`, vmlinux(OTHER_ID));
    expect(await findSymbols(IDENTITY, wishes(), work)).toHaveProperty('remedy');
  });

  it('asks before it downloads, and names the package when it may not', async () => {
    const asked: string[] = [];
    const mayDownload = (name: string): Promise<boolean> => {
      asked.push(name);
      return Promise.resolve(false);
    };
    expect(await findSymbols(IDENTITY, wishes({ mayDownload }), work)).toEqual({
      reason: `there is no vmlinux of ${RELEASE} here`,
      remedy: `--download fetches it from linux-image-${RELEASE}-dbg, or give one with --vmlinux`,
    });
    expect(asked).toEqual([`linux-image-${RELEASE}-dbg`]);
  });

  it('has no package for a kernel that no distribution stamped', async () => {
    const vendor = { ...IDENTITY, release: '4.19.0-arm64-desktop', version: '#6010 SMP' };
    expect(await findSymbols(vendor, wishes(), work)).toMatchObject({
      remedy: expect.stringContaining('--vmlinux') as string,
    });
  });

  it('takes what is given for a kernel that leaves no build-id, unproven', async () => {
    const given = put('vmlinux', vmlinux(OTHER_ID));
    const old = { ...IDENTITY, buildId: null };
    expect(await findSymbols(old, wishes({ given }), work)).toMatchObject({ proven: false });
  });
});

describe('debugPackage', () => {
  it.each([
    [RELEASE, IDENTITY.version, 'x86_64', [`linux-image-${RELEASE}-dbg`, '6.12.48-1', 'amd64']],
    [
      '6.1.0-56-arm64',
      '#1 SMP Debian 6.1.192-2 (2026-11-16)',
      'aarch64',
      ['linux-image-6.1.0-56-arm64-dbg', '6.1.192-2', 'arm64'],
    ],
    [
      '6.12.48+deb12-amd64',
      '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1~bpo12+1 (2025-10-01)',
      'x86_64',
      ['linux-image-6.12.48+deb12-amd64-dbg', '6.12.48-1~bpo12+1', 'amd64'],
    ],
    [
      '5.15.0-52-generic',
      '#58-Ubuntu SMP Thu Oct 13',
      'x86_64',
      ['linux-image-5.15.0-52-generic-dbgsym', null, 'amd64'],
    ],
  ])('is exact for %s', (release, version, machine, [name, exact, arch]) => {
    const found = debugPackage({ ...IDENTITY, release, version, machine }, loadDistributions());
    expect(found).toMatchObject({ name, version: exact, arch });
  });
});

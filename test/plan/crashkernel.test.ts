import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matchDistribution } from '../../src/facts/distribution.ts';
import type { CaptureFacts, Facts } from '../../src/facts/facts.ts';
import { COMPUTED, crashkernelFor, GRUB_DROP_IN } from '../../src/plan/crashkernel.ts';
import { estimateCrashkernel } from '../../src/plan/crashkernel-sum.ts';
import { reservationOf } from '../../src/plan/crashkernel-syntax.ts';
import { render } from '../../src/plan/render.ts';
import { bareFacts, MIB, NO_CAPTURE } from './support/facts.ts';
import { file, filesOf } from './support/guest-model.ts';
import { shipped } from './support/planning.ts';

const GIB_KIB = 1024 * 1024;
/** What QEMU gives a guest of 2 GiB, as /proc/iomem has it. */
const TWO_GIB = 2_096_495;
const SIZES: CaptureFacts = {
  ...NO_CAPTURE,
  vmlinuzBytes: 8.2 * MIB,
  initrdBytes: 30 * MIB,
  kernelBytes: 28 * MIB,
  modulesBytes: 17 * MIB,
};

function guest(id: string, release: string, physicalKiB: number, changes: Partial<Facts> = {}): Facts {
  const [name = '', versionId = ''] = id.split(/-(?=\d)/);
  return {
    ...bareFacts(),
    os: { id: name, idLike: '', versionId, pretty: id },
    kernel: { release, version: '' },
    arch: release.includes('arm64') ? 'arm64' : 'amd64',
    physicalKiB,
    capture: SIZES,
    ...changes,
  };
}
const distributionOf = (facts: Facts) => matchDistribution(shipped.distributions, facts.os);
const sizeOf = (facts: Facts): number => estimateCrashkernel(facts, distributionOf(facts)).sizeMiB;
const auto = (facts: Facts): string => crashkernelFor('auto', { facts, distribution: distributionOf(facts) }).value;
const wrote = (facts: Facts, value: string, origin = COMPUTED): Facts => {
  const text = render(shipped.templates['zz-provision.cfg']!, { crashkernel: value, origin });
  return { ...facts, files: { ...facts.files, ...filesOf(file(GRUB_DROP_IN, text)) } };
};
const booted = (facts: Facts, value: string): Facts => ({
  ...facts,
  cmdline: `root=UUID=1 ro crashkernel=${value}`,
  kexec: { ...facts.kexec, crashSize: Number.parseInt(value, 10) * MIB, crashLoaded: true },
});

describe('auto', () => {
  it.each([
    ['debian-11', '5.10.0-35-amd64', TWO_GIB, 256],
    ['debian-12', '6.1.0-56-amd64', 900 * 1024, 256],
    ['debian-12', '6.1.0-56-amd64', TWO_GIB, 256],
    ['debian-12', '6.1.0-56-amd64', 64 * GIB_KIB, 320],
    ['debian-12', '6.1.0-56-arm64', TWO_GIB, 320],
    ['debian-12', '6.1.0-56-arm64', 8 * GIB_KIB, 512],
    ['debian-12', '6.1.0-56-arm64', 1 * GIB_KIB, 256],
    ['debian-13', '6.12.107+deb13-amd64', TWO_GIB, 256],
    ['debian-13', '6.12.107+deb13-arm64', 200 * GIB_KIB, 4096],
    ['ubuntu-20.04', '5.4.0-216-generic', TWO_GIB, 256],
    ['ubuntu-22.04', '5.15.0-139-generic', TWO_GIB, 256],
    // 6.8 rounds 2047 MiB up to 2 GiB, and the table begins there.
    ['ubuntu-24.04', '6.8.0-60-generic', TWO_GIB, 320],
    ['deepin-23', '6.6.84-amd64-desktop-hwe', TWO_GIB, 256],
    ['uos-20', '4.19.0-arm64-desktop', TWO_GIB, 256],
  ])('on %s with %s and %i KiB is %iM', (id, release, physicalKiB, size) => {
    expect(sizeOf(guest(id, release, physicalKiB))).toBe(size);
  });

  it('shows its sum', () => {
    const facts = guest('debian-12', '6.1.0-56-amd64', TWO_GIB);
    expect(estimateCrashkernel(facts, null).sum).toBe(
      'kernel 37 + initrd 30 + modules 17 + userspace 96 + bitmaps 2 + spare 16, rounded up to 64',
    );
    const small = { ...facts, capture: { ...SIZES, captureInitrdBytes: 10 * MIB, modulesBytes: 1 } };
    expect(estimateCrashkernel(small, null).sum).toBe(
      'kernel 37 + initrd 10 + modules 1 + userspace 96 + bitmaps 2 + spare 16 = 162, at least 256: less was never seen to work',
    );
  });

  it.each([
    [
      'an initrd whose content is larger than all that comes after it',
      { captureInitrdBytes: 80 * MIB },
      '',
      /unpacked 240/,
    ],
    ['a log buffer of its own, which the capture kernel gets as well', {}, ' log_buf_len=64M', /\+ log 64 \+/],
    [
      'an initrd that is not built yet as one with few modules',
      { initrdBytes: 300 * MIB },
      '',
      /initrd 40 \+ unpacked 120/,
    ],
    ['the image alone where /proc/iomem shows nothing', { kernelBytes: null }, '', /^kernel 54 \+/],
  ])('counts %s', (_name, capture, more, sum) => {
    const facts = guest('debian-12', '6.1.0-56-amd64', TWO_GIB, { capture: { ...SIZES, ...capture } });
    expect(estimateCrashkernel({ ...facts, cmdline: facts.cmdline + more }, null).sum).toMatch(sum);
  });
});

const capture: fc.Arbitrary<CaptureFacts> = fc.record({
  vmlinuzBytes: fc.option(fc.integer({ min: 4 * MIB, max: 40 * MIB })),
  initrdBytes: fc.option(fc.integer({ min: 5 * MIB, max: 400 * MIB })),
  captureInitrdBytes: fc.option(fc.integer({ min: 5 * MIB, max: 120 * MIB })),
  kernelBytes: fc.option(fc.integer({ min: 15 * MIB, max: 80 * MIB })),
  modulesBytes: fc.option(fc.integer({ min: 0, max: 150 * MIB })),
  kernelLink: fc.constant(null),
  initrdLink: fc.constant(null),
  initrdThere: fc.constant(false),
});
const machine: fc.Arbitrary<Facts> = fc
  .record({
    system: fc.constantFrom(
      ['debian-11', '5.10.0-35-amd64'] as const,
      ['debian-12', '6.1.0-56-amd64'] as const,
      ['debian-13', '6.12.107+deb13-arm64'] as const,
      ['ubuntu-24.04', '6.8.0-60-generic'] as const,
      ['uos-20', '4.19.0-arm64-desktop'] as const,
    ),
    physicalKiB: fc.integer({ min: 2 * GIB_KIB, max: 300 * GIB_KIB }),
    capture,
  })
  .map(({ system: [id, release], physicalKiB, capture: sizes }) => guest(id, release, physicalKiB, { capture: sizes }))
  // What leaves less than half of RAM is refused, whatever it is.
  .filter((facts) => sizeOf(facts) * 2 * 1024 <= facts.physicalKiB!);

describe('a computed size', () => {
  it('is a whole number of steps, enough, and grows with RAM alone', () => {
    fc.assert(
      fc.property(machine, fc.integer({ min: 0, max: 300 * GIB_KIB }), (facts, more) => {
        const { leastMiB, sizeMiB } = estimateCrashkernel(facts, distributionOf(facts));
        expect(sizeMiB % 64).toBe(0);
        expect(sizeMiB).toBeGreaterThanOrEqual(Math.max(256, leastMiB));
        expect(sizeOf({ ...facts, physicalKiB: facts.physicalKiB! + more })).toBeGreaterThanOrEqual(sizeMiB);
      }),
    );
  });

  it('is a fixed point, before the reboot and after it', () => {
    fc.assert(
      fc.property(machine, (facts) => {
        const value = auto(facts);
        expect(auto(wrote(facts, value))).toBe(value);
        expect(auto(booted(facts, value))).toBe(value);
        expect(auto(booted(wrote(facts, value), value))).toBe(value);
      }),
    );
  });

  it('stays when modules come or go', () => {
    fc.assert(
      fc.property(machine, fc.integer({ min: -40 * MIB, max: 15 * MIB }), (facts, change) => {
        const value = auto(facts);
        const modulesBytes = Math.max(0, (facts.capture.modulesBytes ?? 40 * MIB) + change);
        const changed = { ...booted(wrote(facts, value), value), capture: { ...facts.capture, modulesBytes } };
        expect(auto(changed)).toBe(value);
      }),
    );
  });

  it('stays when kdump-tools builds an initrd as small as was assumed', () => {
    fc.assert(
      fc.property(machine, fc.integer({ min: 1, max: 40 * MIB }), (facts, captureInitrdBytes) => {
        const fresh = { ...facts, capture: { ...facts.capture, captureInitrdBytes: null, initrdBytes: 60 * MIB } };
        fc.pre(sizeOf(fresh) * 2 * 1024 <= fresh.physicalKiB!);
        const value = auto(fresh);
        const built = { ...fresh, capture: { ...fresh.capture, captureInitrdBytes } };
        expect(auto(wrote(built, value))).toBe(value);
        expect(auto(booted(wrote(built, value), value))).toBe(value);
      }),
    );
  });

  it('stays when the guest ran with one before kdump-tools was there', () => {
    const sizes = fc.integer({ min: 4, max: 24 }).map((steps) => `${steps * 64}M`);
    fc.assert(
      fc.property(machine, sizes, fc.integer({ min: 1, max: 40 * MIB }), (facts, running, captureInitrdBytes) => {
        const capture = { ...facts.capture, captureInitrdBytes: null, initrdBytes: 60 * MIB };
        const fresh = booted({ ...facts, capture }, running);
        const value = auto(fresh);
        fc.pre(Number.parseInt(value, 10) * 2 * 1024 <= fresh.physicalKiB!);
        const built = { ...fresh, capture: { ...fresh.capture, captureInitrdBytes } };
        expect(auto(wrote(built, value))).toBe(value);
        expect(auto(booted(wrote(built, value), value))).toBe(value);
      }),
    );
  });

  const facts = guest('debian-12', '6.1.0-56-amd64', 8 * GIB_KIB);
  const large = { ...facts, capture: { ...SIZES, captureInitrdBytes: 100 * MIB } };

  it('is not weighed again before a boot has tried it', () => {
    expect(auto(large)).toBe('512M');
    expect(auto(wrote(large, '256M'))).toBe('256M');
    expect(auto(booted(wrote(large, '256M'), '256M'))).toBe('512M');
  });

  it.each([
    ['one step too large stays', '320M', COMPUTED, '320M'],
    ['two steps too large does not', '384M', COMPUTED, '256M'],
    ['from the profile is not one', '1024M', 'that of the profile', '256M'],
  ])('that is %s', (_name, value, origin, expected) => {
    const other = wrote({ ...facts, cmdline: `ro crashkernel=${value}` }, value, origin);
    const held = { ...other, kexec: { ...other.kexec, crashSize: Number.parseInt(value, 10) * MIB } };
    expect(auto(held)).toBe(expected);
  });

  it('does not stay when the guest has come to have too little for it', () => {
    expect(auto(wrote({ ...facts, physicalKiB: GIB_KIB }, '1024M'))).toBe('256M');
  });
});

describe('a size of the profile', () => {
  const TWO = { ramKiB: TWO_GIB, kernel: '6.1.0-56-amd64', arch: 'amd64' };
  const OLD = { ...TWO, kernel: '5.10.0-35-amd64' };
  const ARM = { ...TWO, arch: 'arm64' };
  it.each([
    ['256M', TWO, { bytes: 256, taken: 256, end: null }],
    ['1g', TWO, { bytes: 1024, taken: 1024, end: null }],
    ['262144K', TWO, { bytes: 256, taken: 256, end: null }],
    ['512M,high', TWO, { bytes: 512, taken: 768, end: null }],
    ['512M,high', ARM, { bytes: 512, taken: 640, end: null }],
    ['64M,low', TWO, { bytes: 0, taken: 0, end: null }],
    ['256M,cma', TWO, { bytes: 0, taken: 0, end: null }],
    ['256M@16M', TWO, { bytes: 256, taken: 256, end: 272 }],
    ['384M-:128M', TWO, { bytes: 128, taken: 128, end: null }],
    ['2G-4G:320M,4G-:512M', TWO, { bytes: 320, taken: 320, end: null }],
    // 2047 MiB: kernels before 6.1 take them as they are.
    ['2G-4G:320M,4G-:512M', OLD, { bytes: 0, taken: 0, end: null }],
    ['1G-:320M@64M', OLD, { bytes: 320, taken: 320, end: 384 }],
    ['8G-:512M', TWO, { bytes: 0, taken: 0, end: null }],
    ['0-:256M', TWO, { bytes: 256, taken: 256, end: null }],
  ])('%s on %o', (value, where, { bytes, taken, end }) => {
    const expected = { bytes: bytes * MIB, taken: taken * MIB, end: end === null ? null : end * MIB };
    expect(reservationOf(value, where)).toEqual(expected);
  });

  it.each(['', 'lots', '256M,fast', '2G-', '2G-4G:', '1G-:x'])('%j is none that is known', (value) => {
    expect(reservationOf(value, TWO)).toBeNull();
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';

import type { Facts } from '../../src/facts/facts.ts';
import { COMPUTED, crashkernelFor, GRUB_DROP_IN } from '../../src/plan/crashkernel.ts';
import { sizingFor } from '../../src/plan/crashkernel-sum.ts';
import { guestTemplate } from '../../src/plan/guest-template.ts';
import { render } from '../../src/plan/render.ts';
import { quote } from '../../src/shell.ts';
import { bareFacts, MIB } from '../plan/support/facts.ts';
import { file, filesOf } from '../plan/support/guest-model.ts';
import { shipped } from '../plan/support/planning.ts';
import { texts } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'crashkernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = fc.option(fc.integer({ min: 1, max: 300 * MIB }));
const mebibytes = fc.integer({ min: 1, max: 16 }).map((steps) => steps * 64);
const guests = fc.record({
  system: fc.constantFrom('debian-12', 'debian-13', 'ubuntu-24.04'),
  arch: fc.constantFrom('amd64', 'arm64'),
  release: fc.constantFrom('6.1.0-56-amd64', '5.10.0-35-amd64', '6.12.107+deb13-amd64'),
  ramMiB: fc.integer({ min: 512, max: 300_000 }),
  seen: fc.boolean(),
  vmlinuz: bytes,
  initrd: bytes,
  capture: bytes,
  kernel: bytes,
  modules: bytes,
  log: fc.option(fc.constantFrom('16M', '64M', '512K', '1G', '4096')),
  asked: fc.option(mebibytes),
  held: fc.boolean(),
  written: fc.option(mebibytes),
});

type Guest = typeof guests extends fc.Arbitrary<infer T> ? T : never;

const dropIn = (mib: number): string =>
  render(guestTemplate(shipped.templates, 'zz-provision.cfg'), { crashkernel: `${mib}M`, origin: COMPUTED });

function factsOf(guest: Guest): Facts {
  const { release, arch, ramMiB, seen, asked, held, log, written } = guest;
  const words = [
    'root=/dev/vda1',
    ...(log === null ? [] : [`log_buf_len=${log}`]),
    ...(asked === null ? [] : [`crashkernel=${asked}M`]),
  ];
  return bareFacts({
    kernel: { release, version: '' },
    arch,
    memTotalKiB: ramMiB * 1024,
    physicalKiB: seen ? ramMiB * 1024 : null,
    cmdline: words.join(' '),
    kexec: {
      crashLoaded: false,
      crashSize: asked !== null && held ? asked * MIB : 0,
      loaded: false,
      loadDisabled: false,
    },
    capture: {
      vmlinuzBytes: guest.vmlinuz,
      initrdBytes: guest.initrd,
      captureInitrdBytes: guest.capture,
      kernelBytes: seen ? guest.kernel : null,
      modulesBytes: guest.modules,
      kernelLink: null,
      initrdLink: null,
      initrdThere: false,
    },
    files: written === null ? {} : filesOf(file(GRUB_DROP_IN, dropIn(written))),
  });
}

/** The same guest as files under a folder of its own. */
function onDisk(facts: Facts, root: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const { capture, kernel } = facts;
  const range = (size: number, name: string): string =>
    `00001000-${(4095 + size).toString(16).padStart(8, '0')} : ${name}\n`;
  const iomem = [
    ...(facts.physicalKiB === null ? [] : [range(facts.physicalKiB * 1024, 'System RAM')]),
    ...(capture.kernelBytes === null ? [] : [range(capture.kernelBytes, 'Kernel code')]),
  ];
  write('/proc/iomem', iomem.length === 0 ? '00000000-00000000 : System RAM\n' : iomem.join(''));
  write('/proc/modules', capture.modulesBytes === null ? '' : `drm ${capture.modulesBytes} 1 - Live 0x0\n`);
  write('/proc/meminfo', `MemTotal:       ${facts.memTotalKiB} kB\n`);
  write('/proc/cmdline', `${facts.cmdline}\n`);
  write('/sys/kernel/kexec_crash_size', `${facts.kexec.crashSize ?? 0}\n`);
  for (const { path, text } of Object.values(facts.files)) write(path, text ?? '');
  const sizes: [string, number | null][] = [
    [`/boot/vmlinuz-${kernel.release}`, capture.vmlinuzBytes],
    [`/boot/initrd.img-${kernel.release}`, capture.initrdBytes],
    [`/var/lib/kdump/initrd.img-${kernel.release}`, capture.captureInitrdBytes],
  ];
  for (const [path, size] of sizes) {
    if (size === null) continue;
    write(path, '');
    truncateSync(join(root, path), size);
  }
}

it('the guest computes the size that a plan for it would have', () => {
  let count = 0;
  fc.assert(
    fc.property(guests, (guest) => {
      const root = join(folder, String((count += 1)));
      const facts = factsOf(guest);
      onDisk(facts, root);
      const distribution = shipped.distributions.find(({ id }) => id === guest.system)!;
      const numbers = Object.entries({ COMPUTED, ...sizingFor(distribution, guest.arch) });
      const script = [
        `uname() { echo ${quote(guest.release)}; }`,
        ...numbers.map(([name, value]) => `${name}=${quote(String(value))}`),
        texts.export['crashkernel.sh']!.replaceAll(/(?<=[\s"])\/(?=(?:proc|sys|boot|etc|var)\/)/g, `${root}/`),
        'crashkernel_size',
      ].join('\n');
      const said = execFileSync('dash', [], { input: script, encoding: 'utf8' }).trim();
      expect(said).toBe(crashkernelFor('auto', { facts, distribution }).value);
    }),
    { numRuns: 120 },
  );
});

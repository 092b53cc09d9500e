import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { parseFacts } from '../../src/facts/parse.ts';
import { answer } from './support/answer.ts';
import { runProbe } from './support/run-probe.ts';

const KERNEL = '6.1.0-56-amd64';
const AS_ROOT = `iomem 00001000-0009fbff System RAM
iomem 00100000-7ffdbfff System RAM
iomem 01000000-01dfffff Kernel code
iomem 01e00000-024a7fff Kernel rodata
iomem 02600000-0289ab3f Kernel data
iomem 02f7a000-033fffff Kernel bss
modules 4194304
there /boot/vmlinuz-${KERNEL}
there /var/lib/kdump/vmlinuz
size 8230400 '/boot/vmlinuz-${KERNEL}'
size 40000000 '/boot/initrd.img-${KERNEL}'
size 28 '/var/lib/kdump/vmlinuz' -> '/boot/vmlinuz-${KERNEL}'
size 40 '/var/lib/kdump/initrd.img' -> '/var/lib/kdump/initrd.img-${KERNEL}'
`;

describe('what a capture kernel is made of', () => {
  it('is read from sizes, links and the memory map', () => {
    const { capture, physicalKiB } = parseFacts(answer({ capture: AS_ROOT }));
    expect(capture).toEqual({
      vmlinuzBytes: 8_230_400,
      initrdBytes: 40_000_000,
      captureInitrdBytes: null,
      kernelBytes: 0xe00000 + 0x6a8000 + 0x29ab40 + 0x486000,
      modulesBytes: 4_194_304,
      kernelLink: `/boot/vmlinuz-${KERNEL}`,
      initrdLink: `/var/lib/kdump/initrd.img-${KERNEL}`,
      initrdThere: false,
    });
    expect(physicalKiB).toBe((0x9fbff - 0x1000 + 1 + 0x7ffdbfff - 0x100000 + 1) / 1024);
  });

  it('is unknown to everybody but root, who alone sees addresses', () => {
    const zeros = 'iomem 00000000-00000000 System RAM\niomem 00000000-00000000 Kernel code\n';
    const { capture, physicalKiB } = parseFacts(answer({ capture: zeros }));
    expect([capture.kernelBytes, physicalKiB]).toEqual([null, null]);
  });

  it.each(['', 'size nonsense\niomem zz-yy RAM\nmodules', 'size 5 /boot/vmlinuz'])('is unknown from %j', (text) => {
    const { capture, physicalKiB } = parseFacts(answer({ capture: text }));
    expect(new Set(Object.values(capture))).toEqual(new Set([null, false]));
    expect(physicalKiB).toBeNull();
  });

  it('reads what stat and awk print, links that lead nowhere too', () => {
    const root = mkdtempSync(join(tmpdir(), 'capture-'));
    for (const path of ['boot', 'var/lib/kdump', 'proc']) mkdirSync(join(root, path), { recursive: true });
    const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
    write(`boot/vmlinuz-${KERNEL}`, 'x'.repeat(500));
    write('proc/modules', 'virtio_gpu 77824 2 - Live 0x0\nfuse 200000 1 - Live 0x0 (E)\n');
    write(
      'proc/iomem',
      '00000000-00000fff : Reserved\n00001000-00400fff : System RAM\n  00002000-00002fff : Kernel code\n',
    );
    symlinkSync(`/boot/vmlinuz-${KERNEL}`, join(root, 'var/lib/kdump/vmlinuz'));
    symlinkSync('/nowhere', join(root, 'var/lib/kdump/initrd.img'));
    const printed = runProbe('capture', 'boot', {
      edit: (text) => `kernel=${KERNEL}\n${text.replaceAll(/\/(boot|proc|var\/lib)\//g, `${root}/$1/`)}`,
    }).get('capture');
    const { capture, physicalKiB } = parseFacts(answer({ capture: printed?.toString().replaceAll(root, '') }));
    expect(capture).toMatchObject({
      vmlinuzBytes: 500,
      kernelBytes: 4096,
      modulesBytes: 277_824,
      kernelLink: `/boot/vmlinuz-${KERNEL}`,
      initrdLink: '/nowhere',
      initrdThere: false,
    });
    expect(physicalKiB).toBe(4096);
  });
});

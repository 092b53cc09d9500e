import type { Sections } from '../../../src/facts/sections.ts';

export const BOOT_ID = '11111111-2222-3333-4444-555555555555';
const KERNEL = '6.1.0-56-amd64';

/** A file as the guest has it. */
export interface GuestFile {
  readonly path: string;
  readonly bytes: Buffer | string;
  readonly mode?: string;
  readonly link?: boolean;
}

/** What the probe answers on a small Debian 12 guest, section by section. */
const ANSWER: Readonly<Record<string, string>> = {
  host: [
    'hostname vm1',
    'machine_id aaaabbbbccccddddeeeeffff00001111',
    `kernel_release ${KERNEL}`,
    'kernel_version #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)',
    `boot_id ${BOOT_ID}`,
    'uptime 1234.56 4321.00',
    'memory MemTotal:        2014000 kB',
    'cmdline BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro quiet',
    'init systemd',
    'systemd yes',
    'uid \t1000\t0\t0\t0',
    'etc_writable yes',
  ].join('\n'),
  kexec:
    'crash_loaded 1\ncrash_size 268435456\nloaded 0\nload_disabled 0\nlockdown none [integrity] confidentiality\ncrash /var/crash/202601010000\ncrash /var/crash/202601020000',
  boot: 'grub_cfg yes\n\tlinux\t/boot/vmlinuz-6.1 root=UUID=1  ro quiet crashkernel=256M\nupdate_grub yes\nsecure_boot    6   0   0   0   1',
  drivers: 'virtio_gpu\nvirtio_net\nvirtio_gpu',
  sysctl: [
    'kernel/sysrq ',
    'kernel/hardlockup_panic',
    'kernel/core_pattern ',
    'kernel/printk ',
    '/proc/sys/kernel/sysrq:438',
    '/proc/sys/kernel/printk:4\t4\t1\t7',
  ].join('\n'),
  directories: '/etc\n/etc/sysctl.d',
  units:
    'Id=provision-arm.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nResult=success\n\nId=kdump-tools.service\nLoadState=not-found\nActiveState=inactive',
  disk: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 20000000 5000000 15000000 25% /\n//nas/some share 100 50 -5 50% /var/crash',
  packages: 'dpkg\tinstall ok installed\t1.21\tamd64',
  apt: '',
  job: '',
};

export function answer(
  changes: Readonly<Record<string, string | undefined>> = {},
  files: readonly GuestFile[] = [],
): Sections {
  const bytes = files.map(({ bytes: each }) => Buffer.from(each));
  const stat = files.map(({ path, mode = '644' }, index) => `${bytes[index]!.length} ${mode} 0 0 ${path}\n`).join('');
  const links = files.filter(({ link }) => link === true).map(({ path }) => `${path}\n`);
  const all: Record<string, string | Buffer | undefined> = {
    ...ANSWER,
    stat,
    links: links.join(''),
    content: Buffer.concat(bytes),
    ...changes,
  };
  const given = Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  return new Map(given.map(([name, text]) => [name, Buffer.from(text)]));
}

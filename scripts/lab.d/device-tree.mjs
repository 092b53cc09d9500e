import fs from 'node:fs';
import path from 'node:path';

const PCI = 'devices/pci0000:00/0000:00:02.0';
const GPU = `${PCI}/virtio0`;

/** Files of the fake /sys: a QEMU guest with one virtio_gpu card and no crash kernel. */
const FILES = {
  'kernel/kexec_loaded': '0',
  'kernel/kexec_crash_loaded': '0',
  'kernel/kexec_crash_size': '0',
  'kernel/uevent_seqnum': '0',
  'kernel/security/lockdown': '[none] integrity confidentiality',
  'kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
  'module/virtio_gpu/initstate': 'live',
  'module/virtio_gpu/refcnt': '2',
  'module/drm/initstate': 'live',
  'module/kernel/parameters/panic_on_warn': '0',
  'module/kernel/parameters/crash_kexec_post_notifiers': 'N',
  'class/dmi/id/sys_vendor': 'QEMU',
  'class/dmi/id/product_name': 'Standard PC (Q35 + ICH9, 2009)',
  'class/dmi/id/chassis_vendor': 'QEMU',
  'class/dmi/id/bios_vendor': 'SeaBIOS',
  'power/state': 'freeze mem disk',
  [`${PCI}/vendor`]: '0x1af4',
  [`${PCI}/device`]: '0x1050',
  [`${PCI}/class`]: '0x030000',
  [`${GPU}/vendor`]: '0x1af4',
  [`${GPU}/device`]: '0x0010',
  [`${GPU}/modalias`]: 'virtio:d00000010v00001AF4',
  [`${GPU}/drm/card0/dev`]: '226:0',
  [`${GPU}/drm/card0/uevent`]: 'MAJOR=226\nMINOR=0\nDEVNAME=dri/card0\nDEVTYPE=drm_minor',
};

/** Links, from where to what, both from the top of the tree. */
const LINKS = {
  'bus/virtio/devices/virtio0': GPU,
  'bus/virtio/drivers/virtio_gpu/virtio0': GPU,
  'bus/virtio/drivers/virtio_gpu/module': 'module/virtio_gpu',
  'bus/pci/devices/0000:00:02.0': PCI,
  'bus/pci/drivers/virtio-pci/0000:00:02.0': PCI,
  'class/drm/card0': `${GPU}/drm/card0`,
  [`${PCI}/driver`]: 'bus/pci/drivers/virtio-pci',
  [`${PCI}/subsystem`]: 'bus/pci',
  [`${GPU}/driver`]: 'bus/virtio/drivers/virtio_gpu',
  [`${GPU}/subsystem`]: 'bus/virtio',
  [`${GPU}/drm/card0/device`]: GPU,
  [`${GPU}/drm/card0/subsystem`]: 'class/drm',
};

const DIRECTORIES = [
  'block',
  'class/net',
  'dev/block',
  'dev/char',
  'fs/cgroup',
  'fs/bpf',
  'fs/pstore',
  'kernel/btf',
  'kernel/debug',
  'kernel/tracing',
];

/** What programs size their pools by is the machine's truth. */
const COPIED = ['devices/system/cpu/online', 'devices/system/cpu/possible', 'devices/system/cpu/present'];

/** Writes the fake /sys that all guests have as the lower half of an overlay. @param {string} target */
export function writeSysTree(target) {
  // Every directory of the machine's /sys needs one to cover it.
  for (const name of fs.readdirSync('/sys')) fs.mkdirSync(path.join(target, name), { recursive: true });
  for (const directory of DIRECTORIES) fs.mkdirSync(path.join(target, directory), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) write(path.join(target, name), `${text}\n`);
  for (const name of COPIED) {
    if (fs.existsSync(`/sys/${name}`)) write(path.join(target, name), fs.readFileSync(`/sys/${name}`));
  }
  for (const [name, to] of Object.entries(LINKS)) {
    const link = path.join(target, name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.relative(path.dirname(link), path.join(target, to)), link);
  }
  // A place for the machine's type information, which is real: tracing programs compile against it.
  write(path.join(target, 'kernel/btf/vmlinux'), '');
}

/** Nodes that guests share with the machine; all of them are without state. */
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * Writes the fake /dev: places for the nodes, the root disk's UUID for grub, and the kernel's log.
 * @param {string} target
 * @param {string} rootUuid
 * @param {{ abi: string, version: string }} kernel
 */
export function writeDevTree(target, rootUuid, kernel) {
  for (const name of ['pts', 'shm', 'mqueue', 'hugepages', 'disk/by-uuid']) {
    fs.mkdirSync(path.join(target, name), { recursive: true });
  }
  for (const name of [...DEVICES, 'console', `disk/by-uuid/${rootUuid}`]) write(path.join(target, name), '');
  // A plain file: what a guest says to its kernel stays there, and dmesg has something to read.
  write(path.join(target, 'kmsg'), `6,0,0,-;Linux version ${kernel.abi} ${kernel.version}\n`);
  const links = {
    fd: '/proc/self/fd',
    stdin: '/proc/self/fd/0',
    stdout: '/proc/self/fd/1',
    stderr: '/proc/self/fd/2',
    ptmx: 'pts/ptmx',
  };
  for (const [name, to] of Object.entries(links)) fs.symlinkSync(to, path.join(target, name));
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

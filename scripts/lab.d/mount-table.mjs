import path from 'node:path';
import fs from 'node:fs';
import { DEVICES } from './device-tree.mjs';

/** Each is a file of the guest, bound over the real one. No file can be added to /proc, so those that the machine's kernel lacks stay absent. */
const PROC_FILES = [
  'cmdline',
  'meminfo',
  'version',
  'swaps',
  'modules',
  'iomem',
  'sysrq-trigger',
  'kcore',
  'kmsg',
].filter((name) => fs.existsSync(`/proc/${name}`));

/**
 * The mounts of a guest as fstab(5) lines, so that one `mount -a` makes them all. They are made in the guest's own
 * mount namespace, below DIRECTORY/root, which then becomes its /.
 * @param {{ directory: string, template: string, guest: object, cgroup: { mount: string, group: string } }} where
 */
export function mountTable({ directory, template, guest, cgroup }) {
  const root = path.join(directory, 'root');
  // Memory of the running guest, gone with its namespace.
  const memory = path.join(directory, 'memory');
  const upper = guest.fullDisk ? path.join(directory, 'small') : directory;
  const lines = [];
  const add = (source, target, type, options) => lines.push(`${source} ${target} ${type} ${options} 0 0`);
  const bind = (source, target, options = 'bind') => add(source, target, 'none', options);
  const overlay = (lower, name, target, options) =>
    add(
      'overlay',
      target,
      'overlay',
      `lowerdir=${lower},upperdir=${memory}/${name},workdir=${memory}/${name}.work,${options}`,
    );

  // Volatile: nothing has to survive the machine, so dpkg's many syncs cost nothing.
  add('overlay', root, 'overlay', `lowerdir=${guest.root},upperdir=${upper}/upper,workdir=${upper}/work,volatile`);
  add('proc', `${root}/proc`, 'proc', 'nosuid,nodev,noexec');
  overlay(`${template}/proc-sys`, 'proc-sys', `${root}/proc/sys`, 'nosuid,nodev,noexec');
  for (const file of PROC_FILES) bind(`${memory}/${file}`, `${root}/proc/${file}`);

  // A real sysfs with every directory of it covered: libselinux, in systemd, mounts one over anything else that is there.
  add('sysfs', `${root}/sys`, 'sysfs', 'nosuid,nodev,noexec');
  overlay(`${template}/sys`, 'sys', `${directory}/sys`, 'nosuid,nodev,noexec');
  for (const name of fs.readdirSync('/sys')) bind(`${directory}/sys/${name}`, `${root}/sys/${name}`);
  // What is a mount already is not mounted by systemd, which would bring the machine's own.
  for (const name of ['kernel/security', 'fs/pstore']) bind(`${root}/sys/${name}`, `${root}/sys/${name}`);
  if (fs.existsSync('/sys/kernel/btf/vmlinux'))
    bind('/sys/kernel/btf/vmlinux', `${root}/sys/kernel/btf/vmlinux`, 'bind,ro');
  if (guest.kind === 'full') {
    // No cgroup namespace: systemd takes one for the mark of a container. Its own part is writable, the rest is not.
    bind(cgroup.mount, `${root}/sys/fs/cgroup`, 'bind,ro');
    const own = path.join(cgroup.group, 'guest');
    bind(own, `${root}/sys/fs/cgroup/${path.relative(cgroup.mount, own)}`);
  }

  overlay(`${template}/dev`, 'dev', `${root}/dev`, 'nosuid');
  for (const node of DEVICES) bind(`/dev/${node}`, `${root}/dev/${node}`);
  bind(`${directory}/console.log`, `${root}/dev/console`);
  add('devpts', `${root}/dev/pts`, 'devpts', 'newinstance,ptmxmode=0666,mode=620,gid=5');
  add('tmpfs', `${root}/dev/shm`, 'tmpfs', 'nosuid,nodev,mode=1777');
  add('tmpfs', `${root}/run`, 'tmpfs', 'nosuid,nodev,mode=755');
  bind(`${directory}/sshd.log`, `${root}/var/log/sshd.log`);
  if (guest.readOnlyEtc) bind(`${root}/etc`, `${root}/etc`, 'bind,ro');
  return `${lines.join('\n')}\n`;
}

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { generateKeys } from '../guests.d/key-pair.mjs';
import { shadowField } from './odd.mjs';

const OPS = 1000;

/**
 * Writes what one guest has of its own over the shared root: names, accounts, keys, sshd's settings.
 * @param {string} upper the upper half of the guest's overlay
 * @param {object} guest
 * @param {string} clientKey the public key that may log in
 * @returns {string[]} the guest's public host keys
 */
export function writeGuestFiles(upper, guest, clientKey) {
  const shared = (name) => fs.readFileSync(path.join(guest.root, name), 'utf8');
  const write = (name, text, mode = 0o644, owner = 0) => {
    const file = path.join(upper, name);
    makeDirectories(upper, path.dirname(name), owner);
    fs.writeFileSync(file, text, { mode });
    fs.chmodSync(file, mode);
    if (owner !== 0) fs.chownSync(file, owner, owner);
  };

  write('/etc/hostname', `${guest.name}\n`);
  write('/etc/hosts', `127.0.0.1 localhost\n${guest.host} ${guest.name}\n::1 localhost ip6-localhost\n`);
  write('/etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
  write('/etc/resolv.conf', fs.readFileSync('/etc/resolv.conf'));

  const ops = guest.user === 'ops';
  const rootShell = ops ? '/bin/bash' : guest.shell;
  const passwd = shared('/etc/passwd').replace(/^(root:.*:)[^:\n]*$/mu, `$1${rootShell}`);
  const shadow = shared('/etc/shadow').replace(/^root:[^:]*/mu, () => `root:${ops ? '*' : shadowField(guest)}`);
  write('/etc/passwd', passwd + (ops ? `ops:x:${OPS}:${OPS}:Operator:/home/ops:${guest.shell}\n` : ''));
  write('/etc/shadow', shadow + (ops ? `ops:${shadowField(guest)}:19700:0:99999:7:::\n` : ''), 0o640);
  if (ops) write('/etc/group', `${shared('/etc/group')}ops:x:${OPS}:\n`);

  write('/root/.ssh/authorized_keys', `${clientKey}\n`, 0o600);
  if (ops) write('/home/ops/.ssh/authorized_keys', `${clientKey}\n`, 0o600, OPS);

  const keys = [generateKeys('ed25519'), generateKeys('ecdsa', { bits: 256 })];
  ['ed25519', 'ecdsa'].forEach((type, index) => {
    write(`/etc/ssh/ssh_host_${type}_key`, keys[index].private, 0o600);
    write(`/etc/ssh/ssh_host_${type}_key.pub`, `${keys[index].public} root@${guest.name}\n`);
  });
  write('/etc/ssh/sshd_config.d/lab.conf', sshdSettings(guest));
  // Lines of sshd_config cannot be taken back by an included file.
  if (!guest.sftp) write('/etc/ssh/sshd_config', shared('/etc/ssh/sshd_config').replace(/^Subsystem/mu, '#Subsystem'));
  write('/etc/default/ssh', 'SSHD_OPTS="-E /var/log/sshd.log"\n');

  if (guest.ready)
    write('/boot/grub/grub.cfg', shared('/boot/grub/grub.cfg').replace(/^(\tlinux\t.*?) *$/gmu, '$1 crashkernel=256M'));
  if (guest.ready)
    write(
      '/etc/default/grub.d/crashkernel.cfg',
      'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=256M"\n',
    );
  if (guest.dpkgLock !== null && guest.kind === 'full')
    write(`/etc/systemd/system/${LOCK_UNIT}`, lockUnit(guest.dpkgLock));
  if (guest.dpkgLock !== null && guest.kind === 'full')
    link(upper, `/etc/systemd/system/sysinit.target.wants/${LOCK_UNIT}`, `../${LOCK_UNIT}`);
  for (const [name, text, mode] of guest.files) {
    const home = name.startsWith('/home/');
    if (!home || ops) write(name, text, mode, home ? OPS : 0);
  }
  return keys.map((key) => key.public);
}

const sshdSettings = (guest) =>
  [
    `Port ${guest.sshdPort}`,
    `ListenAddress ${guest.host}`,
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'HostKey /etc/ssh/ssh_host_ecdsa_key',
    'UseDNS no',
    'LogLevel VERBOSE',
    // The first mention of a keyword wins, and this file is included before all others.
    ...guest.sshd,
    '',
  ].join('\n');

const LOCK_UNIT = 'lab-dpkg-lock.service';

const lockUnit = (seconds) => `[Unit]
Description=Another package manager at work
DefaultDependencies=no
Before=ssh.service

[Service]
ExecStart=/usr/local/lib/lab/dpkg-lock ${seconds}
`;

/** Directories that are new in the upper half hide the mode of the ones below them, so they get the usual modes. */
function makeDirectories(upper, directory, owner) {
  let at = upper;
  for (const part of directory.split('/').filter(Boolean)) {
    at = path.join(at, part);
    if (fs.existsSync(at)) continue;
    const secret = part === 'root' || part === '.ssh' || part === 'ops';
    fs.mkdirSync(at);
    fs.chmodSync(at, secret ? 0o700 : 0o755);
    if (owner !== 0 && at !== path.join(upper, 'home')) fs.chownSync(at, owner, owner);
  }
}

function link(upper, name, to) {
  makeDirectories(upper, path.dirname(name), 0);
  fs.symlinkSync(to, path.join(upper, name));
}

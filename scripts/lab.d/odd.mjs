import { Refusal } from '../guests.d/refusal.mjs';

/** The password of every guest that has one; the hash is crypt(3)'s `$6$` of it. */
export const PASSWORD = 'lab password';
const HASH = '$6$provisionlab$OA9lW4i5hb12tMqO9GxLw87yU2XnN2jhzFW3TRqlqHpgUZBjYHj2yPGKO0AghkiTem9tYxGbrB93LOgEpGaS5.';

const BANNER = [
  '*'.repeat(72),
  '* Authorized users only. All activity is logged.                       *',
  '*   Don\'t panic -- `this` is $PATH, "quoted" \\ and ünïcödé.             *',
  '*'.repeat(72),
  '',
].join('\n');

const NOISY_BASHRC = [
  '# A chatty shell start, as many machines have one.',
  'echo "Welcome to $(hostname), today is a good day"',
  'echo "bashrc: warning: locale not found" >&2',
  'printf "last line without newline"',
  '',
].join('\n');

const opsLogin = (guest) => {
  guest.user = 'ops';
  guest.become = true;
  guest.sshd.push('PermitRootLogin no');
};

/**
 * What each odd kind changes in the description of a guest, before its files are written. A new one is a line here; its
 * value, the part after `=`, comes as the second argument.
 */
const ODD = {
  shell: (guest, value) => {
    if (!['fish', 'tcsh', 'bash', 'dash'].includes(value))
      throw new Refusal(`shell=${value}: fish, tcsh, bash or dash`, 2);
    guest.shell = value === 'dash' ? '/bin/dash' : `/usr/bin/${value}`;
  },
  'noisy-bashrc': (guest) => {
    guest.files.push(['/root/.bashrc', NOISY_BASHRC], ['/home/ops/.bashrc', NOISY_BASHRC]);
  },
  banner: (guest) => {
    guest.files.push(['/etc/issue.net', BANNER]);
    guest.sshd.push('Banner /etc/issue.net');
  },
  sudo: (guest) => {
    opsLogin(guest);
    guest.files.push(['/etc/sudoers.d/ops', 'ops ALL=(ALL:ALL) NOPASSWD: ALL\n', 0o440]);
  },
  'sudo-password': (guest) => {
    opsLogin(guest);
    guest.password = PASSWORD;
    guest.files.push(['/etc/sudoers.d/ops', 'ops ALL=(ALL:ALL) ALL\n', 0o440]);
  },
  'no-root-login': (guest) => guest.sshd.push('PermitRootLogin no'),
  'password-only': (guest) => {
    guest.password = PASSWORD;
    guest.sshd.push('PasswordAuthentication yes', 'PubkeyAuthentication no', 'PermitRootLogin yes');
  },
  'no-sftp': (guest) => {
    guest.sftp = false;
  },
  'ro-etc': (guest) => {
    guest.readOnlyEtc = true;
  },
  'full-disk': (guest) => {
    guest.fullDisk = true;
  },
  'dpkg-lock': (guest, value) => {
    guest.dpkgLock = value === undefined ? 'forever' : number('dpkg-lock', value);
  },
  slow: (guest, value) => {
    guest.proxy.delay = number('slow', (value ?? '80').replace(/ms$/u, ''));
  },
  drop: (guest, value) => {
    guest.proxy.drop = number('drop', value);
  },
};

function number(name, value) {
  if (value === undefined || !/^\d+$/u.test(value)) throw new Refusal(`--odd ${name} takes a number: ${name}=20`, 2);
  return Number(value);
}

/**
 * Lets a comma list of odd kinds change a guest's description.
 * @param {object} guest as {@link newGuest} makes it
 * @param {string} list e.g. `sudo,shell=fish,slow=80ms`
 */
export function makeOdd(guest, list) {
  for (const item of list.split(',').filter(Boolean)) {
    const [kind, value] = item.split('=');
    if (!Object.hasOwn(ODD, kind))
      throw new Refusal(`--odd ${kind} is not known; there are: ${Object.keys(ODD).join(', ')}`, 2);
    ODD[kind](guest, value);
    guest.odd.push(item);
  }
}

/** The line of /etc/shadow's second field for this guest's password. @param {object} guest */
export const shadowField = (guest) => (guest.password === null ? '*' : HASH);

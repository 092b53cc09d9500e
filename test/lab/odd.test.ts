import { afterAll, beforeAll, expect, it } from 'vitest';
import { labUp, ran, type Lab } from './support/lab.ts';

/** One guest of each odd kind, in one lab. */
const ODD = {
  fish: 'shell=fish',
  tcsh: 'shell=tcsh',
  noisy: 'noisy-bashrc,banner',
  sudo: 'sudo',
  ask: 'sudo-password',
  sftp: 'no-sftp',
  etc: 'ro-etc',
  full: 'full-disk',
  lock: 'dpkg-lock',
  soon: 'dpkg-lock=3',
  root: 'no-root-login',
  slow: 'slow=80ms',
  drop: 'drop=6000',
  pass: 'password-only',
};

let lab: Lab;
beforeAll(async () => {
  lab = await labUp({ count: 1, prefix: 'plain' });
  for (const [prefix, odd] of Object.entries(ODD)) await lab.up({ count: 1, prefix, odd });
});
afterAll(() => lab.down());

const sftp = (name: string) => lab.ssh(name, 'sftp', ['-s']);

it('gives the login shell that is asked for', async () => {
  expect((await lab.ssh('fish1', 'echo $FISH_VERSION')).stdout).toMatch(/^\d+\.\d/u);
  expect((await lab.ssh('tcsh1', 'echo $tcsh')).stdout).toMatch(/^\d+\.\d/u);
});

it('makes noise before every command, and shows a banner', async () => {
  const { stdout, stderr } = await lab.ssh('noisy1', 'echo answer');
  expect(stdout).toBe('Welcome to noisy1, today is a good day\nlast line without newlineanswer\n');
  expect(stderr).toContain('locale not found');
  expect(stderr).toContain("Don't panic -- `this` is $PATH");
});

it('has an operator who may become root, with and without a password', async () => {
  expect((await lab.ssh('sudo1', 'id -un; sudo -n id -un')).stdout).toBe('ops\nroot\n');
  expect((await lab.ssh('ask1', 'sudo -n id -un')).code).toBe(1);
  const { password } = lab.guests.find(({ name }) => name === 'ask1')!;
  expect((await lab.ssh('ask1', `printf '%s\\n' '${password}' | sudo -S -p '' id -un`)).stdout).toBe('root\n');
  expect((await lab.ssh('ask1', 'true', ['-l', 'root'])).code).toBe(255);
});

it('refuses the login of root', async () => {
  const { code, stderr } = await lab.ssh('root1', 'true');
  expect([code, stderr]).toEqual([255, expect.stringContaining('Permission denied')]);
});

it('takes passwords only', async () => {
  const { stderr } = await lab.ssh('pass1', 'true');
  expect(stderr).toContain('Permission denied (password)');
  expect(lab.guests.find(({ name }) => name === 'pass1')?.password).toBeTruthy();
});

it('has no file transfer', async () => {
  expect((await sftp('plain1')).stderr).not.toContain('subsystem request failed');
  expect((await sftp('sftp1')).stderr).toContain('subsystem request failed');
});

it('cannot write to /etc, or to a full disk', async () => {
  expect((await lab.ssh('etc1', 'touch /etc/x')).stderr).toContain('Read-only file system');
  expect((await lab.ssh('etc1', 'touch /var/x')).code).toBe(0);
  expect((await lab.ssh('full1', 'mkdir -p /var/lib/provision && seq 99999 >/var/lib/provision/x')).stderr).toMatch(
    /No space left/u,
  );
  expect((await lab.ssh('full1', 'seq 99999 >/etc/x')).stderr).toMatch(/No space left/u);
});

it('holds the lock of the package manager, for good or for a while', async () => {
  const install = 'apt-get -y -o DPkg::Lock::Timeout';
  expect((await lab.ssh('lock1', `${install}=1 install fish`)).stderr).toContain(
    'Unable to acquire the dpkg frontend lock',
  );
  expect((await lab.ssh('soon1', `${install}=20 install fish`)).code).toBe(0);
});

it('has a slow line', async () => {
  const time = async (name: string) => {
    const started = Date.now();
    expect((await lab.ssh(name, 'true')).code).toBe(0);
    return Date.now() - started;
  };
  const plain = await time('plain1');
  // A handshake, an authentication and a command are more than six ways across.
  expect((await time('slow1')) - plain).toBeGreaterThan(6 * 80);
});

it('loses the line after so many bytes', async () => {
  const { code, stdout, stderr } = await lab.ssh('drop1', 'seq 99999');
  expect(code).toBe(255);
  expect(stdout.length).toBeLessThan(6000);
  expect(stderr).toMatch(/reset|closed|broken/iu);
});

it('combines with systemd', async () => {
  const [guest] = await lab.up({
    count: 1,
    kind: 'full',
    prefix: 'all',
    odd: 'sudo-password,shell=fish,noisy-bashrc,banner,no-sftp,ro-etc,dpkg-lock',
  });
  expect(guest).toMatchObject({ user: 'ops', become: true, running: true });
  expect((await lab.ssh('all1', 'echo $FISH_VERSION; systemctl is-system-running')).stdout).toMatch(
    /^\d+\.\d.*\nrunning\n$/u,
  );
  expect((await lab.exec('all1', 'systemctl is-active lab-dpkg-lock')).stdout).toBe('active\n');
  const full = await lab.up({ count: 1, kind: 'full', prefix: 'brim', odd: 'full-disk' });
  expect(full[0]?.running).toBe(true);
});

it('names what it does not know', async () => {
  const { code, stderr } = await ran(new URL('../../scripts/lab', import.meta.url).pathname, [
    'up',
    '1',
    '--odd',
    'ful-disk',
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('full-disk');
});

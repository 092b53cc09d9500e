import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUp, ran, type Lab } from './support/lab.ts';

const MACHINE_KEYS = ['panic', 'hung_task_panic', 'softlockup_panic', 'hostname'].map(
  (key) => `/proc/sys/kernel/${key}`,
);
const machine = () => MACHINE_KEYS.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : null));

describe.each(['light', 'full'] as const)('%s guests', (kind) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await labUp({ count: 2, kind, grub: true });
  });
  afterAll(() => lab.down());
  const inside = async (script: string) => (await lab.exec('vm1', script)).stdout.trim();

  it('let the key in over ssh, with the host keys that were promised', async () => {
    for (const { name } of lab.guests) {
      const { code, stdout } = await lab.ssh(name, 'cat /proc/sys/kernel/hostname; id -u');
      expect([code, stdout]).toEqual([0, `${name}\n0\n`]);
    }
  });

  it('are told of in the inventory', () => {
    const text = readFileSync(lab.inventory, 'utf8');
    for (const { name, host } of lab.guests) expect(text).toContain(`  ${name}:\n    host: ${host}\n    port: 2222\n`);
    expect(text).toContain(`identity_file: ${lab.key}`);
  });

  it('have kernel settings of their own', async () => {
    const before = machine();
    expect(await inside('cat /proc/sys/kernel/sysrq')).toBe('438');
    expect(
      await inside(
        'sysctl -w kernel.panic=17 kernel.hung_task_panic=1 kernel.softlockup_panic=1 >/dev/null; sysctl -n kernel.panic',
      ),
    ).toBe('17');
    expect(machine()).toEqual(before);
    expect((await lab.exec('vm2', 'cat /proc/sys/kernel/panic')).stdout.trim()).toBe('0');
  });

  it('look like a Debian guest with a virtio_gpu card, not like a container', async () => {
    expect(
      await inside('ls -d /sys/bus/virtio/drivers/virtio_gpu/virtio0; readlink -f /sys/class/drm/card0/device/driver'),
    ).toBe('/sys/bus/virtio/drivers/virtio_gpu/virtio0\n/sys/bus/virtio/drivers/virtio_gpu');
    expect(await inside('systemd-detect-virt -c')).toBe('none');
    expect(await inside('uname -r')).toMatch(/^6\.1\.0-\d+-amd64$/u);
    expect(await inside('uname -r')).toBe(await inside('cat /proc/sys/kernel/osrelease'));
    expect(await inside('cat /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_size')).toBe('0\n0');
    expect(await inside('cat /proc/cmdline')).toMatch(
      /^BOOT_IMAGE=\/boot\/vmlinuz-6\.1\.\S+ root=UUID=\S+ ro +quiet$/u,
    );
    expect(Number((await inside('cat /proc/uptime')).split(' ')[0])).toBeLessThan(200);
  });

  it('keep their disk through a power-off, and boot with a new id', async () => {
    const boot = 'cat /proc/sys/kernel/random/boot_id';
    const before = await inside(boot);
    await lab.exec('vm1', 'echo kept >/etc/kept; echo kept >/var/kept; sync');
    await lab.kill('vm1');
    expect((await lab.status()).map(({ running }) => running)).toEqual([false, true]);
    expect((await lab.ssh('vm1', 'true')).code).toBe(255);
    await lab.start('vm1');
    expect((await lab.ssh('vm1', 'cat /etc/kept /var/kept')).stdout).toBe('kept\nkept\n');
    expect(await inside(boot)).not.toBe(before);
  });

  it('boot again when they ask for it, with the command line that grub then has', async () => {
    await lab.exec('vm2', `echo 'GRUB_CMDLINE_LINUX="crashkernel=256M"' >/etc/default/grub.d/x.cfg; update-grub`);
    await lab.exec('vm2', 'systemctl reboot -ff');
    for (let tries = 0; tries < 100 && (await lab.ssh('vm2', 'true')).code !== 0; tries += 1) await sleep(100);
    const { stdout } = await lab.ssh('vm2', 'cat /proc/cmdline /sys/kernel/kexec_crash_size');
    expect(stdout).toMatch(/crashkernel=256M.*\n268435456\n$/u);
  });

  it('count what is started in them, and who connects', async () => {
    const first = await lab.pids('vm1');
    const idle = (await lab.pids('vm1')) - first;
    await lab.exec('vm1', 'i=0; while [ $i -lt 20 ]; do /bin/true; i=$((i + 1)); done');
    expect((await lab.pids('vm1')) - first).toBeGreaterThanOrEqual(20 + idle);
    const connections = () => lab.sshdLog('vm1').split('Connection from').length - 1;
    const before = connections();
    await lab.ssh('vm1', 'true');
    expect(connections() - before).toBe(1);
  });
});

describe('a full guest', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await labUp({ count: 1, kind: 'full', ready: true });
  });
  afterAll(() => lab.down());

  it('runs systemd, with nothing failed', async () => {
    expect((await lab.ssh('vm1', 'cat /proc/1/comm; systemctl is-system-running')).stdout).toBe('systemd\nrunning\n');
    expect((await lab.ssh('vm1', 'systemd-run --quiet --pipe --wait cat /proc/sys/kernel/hostname')).stdout).toBe(
      'vm1\n',
    );
  });

  it('applies sysctl.d when it boots', async () => {
    await lab.exec('vm1', 'echo kernel.hung_task_timeout_secs=60 >/etc/sysctl.d/60-x.conf');
    await lab.kill('vm1');
    await lab.start('vm1');
    expect((await lab.exec('vm1', 'cat /proc/sys/kernel/hung_task_timeout_secs')).stdout).toBe('60\n');
  });

  it('is ready to kdump when that is asked for', async () => {
    const { stdout } = await lab.exec(
      'vm1',
      'cat /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_size /proc/cmdline',
    );
    expect(stdout).toMatch(/^1\n268435456\n.* crashkernel=256M\n$/u);
  });

  it('sees nothing of the machine in /sys or /proc/sys', async () => {
    const { stdout } = await lab.exec(
      'vm1',
      `awk '$2 == "/sys" || $2 ~ "^/sys/[a-z]*$" || $2 ~ "^/proc/sys" { print $2, $3 }' /proc/mounts | sort`,
    );
    const covered = readdirSync('/sys').map((name) => `/sys/${name} overlay`);
    expect(stdout.trim().split('\n')).toEqual(['/proc/sys overlay', '/sys sysfs', ...covered].sort());
  });
});

it('leaves nothing behind, even after a run that was cut off', async () => {
  const lab = await labUp({ count: 2, kind: 'light' });
  const [guest] = lab.guests;
  // As if `up` had died before it could write the record.
  await ran('rm', [join(lab.directory, 'guests', 'vm2', 'guest.json')]);
  await lab.down();
  expect(existsSync(lab.directory)).toBe(false);
  // Whoever adopted the supervisor takes a moment to bury the dead.
  for (let tries = 0; tries < 50 && existsSync(`/proc/${guest!.pid}`); tries += 1) await sleep(100);
  expect(existsSync(`/proc/${guest!.pid}`)).toBe(false);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.directory);
  expect((await ran('pgrep', ['-f', lab.directory])).stdout).toBe('');
  expect((await ran('grep', ['-rl', lab.directory, '/run/provision-lab'])).stdout).toBe('');
});

it('guests have no boot loader unless they are given one', async () => {
  const lab = await labUp({ count: 1, kind: 'light' });
  try {
    const { stdout } = await lab.exec('vm1', 'ls /boot/grub/grub.cfg /usr/sbin/update-grub 2>/dev/null; echo end');
    expect(stdout.trim()).toBe('end');
  } finally {
    await lab.down();
  }
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
const settings = ['--set', 'arm.after=0s', '--skip', 'trace', '--set', 'crash.tools=[makedumpfile]'];
const inGuest = async (text: string): Promise<string> => (await lab.exec('vm1', text)).stdout.trim();
const apply = (...args: string[]): Promise<Ran> => provision('apply', 'debug-panic', 'vm1', ...settings, ...args);
const verify = (): Promise<Ran> => provision('verify', 'debug-panic', 'vm1', ...settings);
const state = async (): Promise<unknown> => {
  const { stdout } = await provision('facts', 'vm1', '--json');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const facts = lines.find(({ kind }) => kind === 'guest.facts')?.['facts'];
  return (facts as { readiness: { state: unknown } }).readiness.state;
};

beforeAll(async () => {
  lab = await labUp({ count: 1, kind: 'full', grub: true });
  provision = clientOf(lab);
});

afterAll(async () => {
  await lab.down();
});

describe('a guest with a boot loader', () => {
  it('is shown the sum of its reservation, and what the next boot has more on its command line', async () => {
    expect(await state()).toBe('not-reserved');
    const { code, stdout } = await apply('--dry-run');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^ {2}~ cmdline +next boot +\(kernel 29 \+ initrd 30 \+ modules \d+ \+ userspace 96/m);
    expect(stdout).toMatch(/^ +\+ crashkernel=256M$/m);
  });

  it('has all done but the reboot, which is not drift of its kdump', async () => {
    const applied = await apply();
    expect(applied.code, applied.stdout).toBe(5);
    // kdump-tools came with a crashkernel= of its own.
    expect(await inGuest('grep -c 384M- /boot/grub/grub.cfg')).toBe('0');
    const { code, stdout } = await verify();
    expect(code, stdout).toBe(5);
    expect(stdout).not.toMatch(/~ kdump/);
  });

  it('is ready after it, and asks for nothing more', async () => {
    await lab.kill('vm1');
    await lab.start('vm1');
    expect(await state()).toBe('ready');
    const { code, stdout } = await verify();
    expect(code, stdout).toBe(0);
    const pids = await lab.pids('vm1');
    expect((await apply()).stdout).toContain('as desired');
    expect((await lab.pids('vm1')) - pids - 1).toBeLessThanOrEqual(15);
  });
});

describe('a crash kernel that would capture nothing is named by verify and loaded again by apply', () => {
  const APPEND = '/etc/default/kdump-tools';
  it.each([
    ['not-loaded', 'kexec -p -u'],
    ['not-loaded', 'systemctl stop kdump-tools'],
    // systemd refuses a unit that was started five times within ten seconds.
    ['not-loaded', 'for i in 1 2 3 4 5 6; do systemctl restart kdump-tools; done; kexec -p -u'],
    ['no-initrd', 'rm /var/lib/kdump/initrd.img-*'],
    ['no-initrd', 'sed -i "s/--initrd=[^ ]* //" /var/crash/kexec_cmd'],
    [
      'stale-cmdline',
      `cp ${APPEND} /tmp/kept; sed -i "s/ panic=10//" ${APPEND}; systemctl reset-failed kdump-tools; systemctl restart kdump-tools; cp /tmp/kept ${APPEND}`,
    ],
    ['stale-cmdline', 'ln -sfn /boot/vmlinuz-6.1.0-1-amd64 /var/lib/kdump/vmlinuz'],
    ['disabled', 'kexec -p -u; systemctl disable kdump-tools'],
  ])('%s after: %s', async (expected, damage) => {
    expect((await lab.exec('vm1', damage)).code).toBe(0);
    expect(await state()).toBe(expected);
    const drifted = await verify();
    expect(drifted.code, drifted.stdout).toBe(3);
    expect(drifted.stdout).toContain(`${expected}: `);
    const applied = await apply();
    expect(applied.code, applied.stdout).toBe(0);
    expect(await state()).toBe('ready');
    expect((await verify()).code).toBe(0);
    expect(await inGuest('cat /sys/kernel/kexec_crash_loaded /sys/kernel/kexec_crash_size')).toBe('1\n268435456');
  });

  it('a masked unit is left to its owner, and stays drift', async () => {
    await lab.exec('vm1', 'kexec -p -u; systemctl mask kdump-tools');
    const { code, stdout } = await verify();
    expect(code, stdout).toBe(3);
    expect(stdout).toContain('systemctl unmask kdump-tools.service');
    expect((await apply()).code).toBe(0);
    expect(await state()).toBe('disabled');
  });
});

it('a guest that has reserved memory already needs no reboot, though kdump-tools brings a crashkernel= of its own', async () => {
  const [held] = await lab.up({ count: 1, kind: 'full', ready: true, prefix: 'held' });
  const name = held?.name ?? '';
  const applied = await provision('apply', 'debug-panic', name, ...settings);
  expect(applied.code, applied.stdout).toBe(0);
  expect((await lab.exec(name, 'cat /var/crash/kexec_cmd')).stdout).toContain(' panic=10" --initrd=');
  const { code, stdout } = await provision('verify', 'debug-panic', name, ...settings);
  expect(code, stdout).toBe(0);
});

import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientOf, PACKAGES, SNAPSHOT } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
const settings = ['--skip', 'kdump,trace,crash', '--set', 'arm.after=0s'];
const inGuest = async (name: string, text: string): Promise<string> => (await lab.exec(name, text)).stdout.trim();
const until = async (name: string, text: string): Promise<void> => {
  const { code } = await lab.exec(name, `for i in $(seq 300); do ${text} && exit 0; sleep 0.1; done; exit 1`);
  expect(code, `never: ${text}`).toBe(0);
};

beforeAll(async () => {
  lab = await labUp({ count: 2, kind: 'full' });
  provision = clientOf(lab);
});

afterAll(async () => {
  await lab.down();
});

describe('the round of one guest', () => {
  let original = '';

  it('a dry-run shows the plan and changes nothing, refused as it is without a boot loader', async () => {
    const look = `${SNAPSHOT}\n${PACKAGES}`;
    const before = await inGuest('vm1', look);
    const { code, stdout } = await provision('apply', 'debug-panic', 'vm1', '--dry-run');
    expect(code).toBe(0);
    for (const shown of [
      'no bootloader was found',
      'kdump-tools 1:',
      'bpfcc-tools',
      'kernel.sysrq',
      'crashkernel=256M',
    ]) {
      expect(stdout).toContain(shown);
    }
    expect(await inGuest('vm1', look)).toBe(before);
    const real = await provision('apply', 'debug-panic', 'vm1');
    expect(real.code).toBe(1);
    expect(await inGuest('vm1', look)).toBe(before);
  });

  it('a guest without package lists is shown what apt would do, and none are left there', async () => {
    await lab.exec('vm2', 'rm -rf /var/lib/apt/lists/*');
    const before = await inGuest('vm2', PACKAGES);
    const crash = ['--skip', 'kdump,trace', '--set', 'crash.tools=[makedumpfile]', '--set', 'arm.after=0s'];
    const { stdout } = await provision('apply', 'debug-panic', 'vm2', ...crash, '--dry-run');
    expect(stdout).toContain('makedumpfile 1:');
    expect(await inGuest('vm2', `${PACKAGES}; ls /tmp | grep provision`)).toBe(before);
    const applied = await provision('apply', 'debug-panic', 'vm2', ...crash);
    expect(applied.code, applied.stdout).toBe(0);
    expect((await provision('rollback', 'vm2', '--purge')).code).toBe(0);
  });

  it('an apply makes it so, and says that a second has nothing to do', async () => {
    original = await inGuest('vm1', SNAPSHOT);
    const applied = await provision('apply', 'debug-panic', 'vm1', ...settings);
    expect(applied.code, applied.stdout).toBe(0);
    const dry = await provision('apply', 'debug-panic', 'vm1', ...settings, '--dry-run', '--detailed-exitcode');
    expect(dry.code, dry.stdout).toBe(0);
    const after = await inGuest('vm1', SNAPSHOT);
    expect((await provision('apply', 'debug-panic', 'vm1', ...settings)).stdout).toContain('as desired');
    expect(await inGuest('vm1', SNAPSHOT)).toBe(after);
    expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
  });

  it('a no-op takes one connection, one channel and at most 15 processes', async () => {
    const log = lab.sshdLog('vm1').length;
    const pids = await lab.pids('vm1');
    await provision('apply', 'debug-panic', 'vm1', ...settings);
    // The second reading counts itself.
    expect((await lab.pids('vm1')) - pids - 1).toBeLessThanOrEqual(15);
    const seen = lab.sshdLog('vm1').slice(log);
    expect(seen.match(/^Connection from /gm)).toHaveLength(1);
    expect(seen.match(/^Starting session: /gm)).toHaveLength(1);
  });

  it('the gate holds the panic settings back until a crash kernel is loaded, over a boot too', async () => {
    const armed = 'grep -q " armed " /run/provision/arm';
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/hung_task_panic')).toBe('0');
    await lab.exec('vm1', 'echo 1 >/sys/kernel/kexec_crash_loaded');
    await until('vm1', armed);
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/hung_task_panic /proc/sys/vm/panic_on_oom')).toBe('1\n1');
    await lab.kill('vm1');
    await lab.start('vm1');
    await until('vm1', 'grep -q " waiting " /run/provision/arm');
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/hung_task_panic /proc/sys/kernel/sysrq')).toBe('0\n1');
    await lab.exec('vm1', 'echo 1 >/sys/kernel/kexec_crash_loaded');
    await until('vm1', armed);
  });

  it('disarm takes them out and keeps them out over a boot; arm lets the gate decide again', async () => {
    expect((await provision('disarm', 'vm1')).code).toBe(0);
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/hung_task_panic')).toBe('0');
    expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(3);
    await lab.kill('vm1');
    await lab.start('vm1');
    await lab.exec('vm1', 'echo 1 >/sys/kernel/kexec_crash_loaded');
    expect(await inGuest('vm1', 'systemctl is-enabled provision-arm; cat /proc/sys/kernel/hung_task_panic')).toBe(
      'disabled\n0',
    );
    const { code, stdout } = await provision('arm', 'vm1');
    expect(code, stdout).toBe(0);
    await until('vm1', 'grep -qx 1 /proc/sys/kernel/hung_task_panic');
    expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
  });

  it('three crashes within the hour keep it disarmed, and verify says so', async () => {
    await lab.exec('vm1', 'mkdir -p /var/crash/202611240101 /var/crash/202611240102 /var/crash/202611240103');
    await lab.kill('vm1');
    await lab.start('vm1');
    await lab.exec('vm1', 'echo 1 >/sys/kernel/kexec_crash_loaded');
    await until('vm1', 'grep -q " refused " /run/provision/arm');
    const { code, stdout } = await provision('verify', 'debug-panic', 'vm1', ...settings);
    expect(code).toBe(3);
    expect(stdout).toContain('breaker: 3 crashes within 3600 s');
    await lab.exec('vm1', 'rmdir /var/crash/2*');
  });

  it('a drift is named, mended, and does not become the value to go back to', async () => {
    await lab.exec(
      'vm1',
      'echo 7 >/proc/sys/kernel/sysrq; rm /etc/sysctl.d/60-provision-debug-panic.conf; systemctl restart provision-arm',
    );
    const { code, stdout } = await provision('verify', 'debug-panic', 'vm1', ...settings);
    expect(code).toBe(3);
    expect(stdout).toMatch(/kernel\.sysrq +is 7/);
    expect((await provision('apply', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/sysrq')).toBe('1');
  });

  it('a rollback leaves the guest as it was, byte for byte', async () => {
    const { code, stdout } = await provision('rollback', 'vm1');
    expect(code, stdout).toBe(0);
    expect(await inGuest('vm1', SNAPSHOT)).toBe(original);
    expect((await provision('rollback', 'vm1')).stdout).toContain('as desired');
  });
});

describe('a saved plan', () => {
  const file = (): string => join(lab.directory, 'plan.json');

  it('is carried out exactly, and once', async () => {
    expect((await provision('plan', 'debug-panic', 'vm1', ...settings, '--out', file())).code).toBe(0);
    const applied = await provision('apply', '--plan', file());
    expect(applied.code, applied.stdout).toBe(0);
    expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
    expect((await provision('apply', '--plan', file())).stdout).toContain('as desired');
    expect((await provision('rollback', 'vm1')).code).toBe(0);
  });

  it('is refused when the guest has changed since, and nothing is done', async () => {
    expect((await provision('plan', 'debug-panic', 'vm1', ...settings, '--out', file())).code).toBe(0);
    await lab.exec('vm1', 'echo 5 >/proc/sys/kernel/panic');
    const before = await inGuest('vm1', SNAPSHOT);
    const { code, stdout } = await provision('apply', '--plan', file());
    expect(code).toBe(1);
    expect(stdout).toContain('E_STALE_PLAN');
    expect(await inGuest('vm1', SNAPSHOT)).toBe(before);
    await lab.exec('vm1', 'echo 0 >/proc/sys/kernel/panic');
  });
});

it("adopts a line of somebody else's file, and gives it back", async () => {
  await lab.exec('vm1', "printf 'kernel.panic = 3\\n# mine\\n' >>/etc/sysctl.conf");
  const before = await inGuest('vm1', SNAPSHOT);
  const plain = await provision('apply', 'debug-panic', 'vm1', ...settings);
  expect(plain.code).toBe(0);
  expect(plain.stdout).toContain('/etc/sysctl.d/99-sysctl.conf');
  expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(3);
  expect((await provision('apply', 'debug-panic', 'vm1', ...settings, '--adopt')).code).toBe(0);
  expect((await provision('verify', 'debug-panic', 'vm1', ...settings)).code).toBe(0);
  expect((await provision('rollback', 'vm1')).code).toBe(0);
  expect(await inGuest('vm1', SNAPSHOT)).toBe(before);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { applyAndReboot, fetchDump, PROFILE, SLOW, until, vmUp, type Vm } from './support/vm.ts';

/** A process of that name writes to a file system that is frozen; a copy, because exec -a changes argv alone. */
const FREEZE = `
  truncate -s 32M /var/tmp/disk && mkfs.ext4 -q /var/tmp/disk && mkdir -p /mnt/f && mount -o loop /var/tmp/disk /mnt/f
  cp "$(readlink -f /bin/sh)" /var/tmp/Xorg && sync && fsfreeze -f /mnt/f
  exec /var/tmp/Xorg -c 'echo x >/mnt/f/file'`;

describe.runIf(SLOW)('a process named Xorg that is blocked in the kernel', () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await vmUp('ready');
  });
  afterAll(async () => {
    await vm.down();
  });

  it('panics a guest whose profile looks for that, and is named by the analysis of its dump', async () => {
    await applyAndReboot(vm, [...PROFILE, '--set', 'hung_task.timeout=20s']);
    await vm.detached(FREEZE);
    await until(() => vm.console(), /Kernel panic - not syncing: hung_task: blocked tasks/, 180);
    await until(async () => (await vm.ssh('ls /var/crash')).stdout, /^2\d{11}$/m, 600);

    const { code, stdout, stderr } = await vm.provision('dumps', 'analyze', await fetchDump(vm), '--download');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/Xorg/);
    expect(stdout).toMatch(/percpu_rwsem_wait|__percpu_down_read/);
    expect(stdout).toContain('hung_task: blocked tasks');
  });

  it('is what crash-test --hang makes, and proves captured', async () => {
    const { code, stdout, stderr } = await vm.provision('crash-test', 'vm1', '--hang', '--yes-crash-it-now');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('hung_task: blocked tasks');
  });
});

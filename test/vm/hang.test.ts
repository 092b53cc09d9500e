import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SLOW, until, vmUp, type Vm } from './support/vm.ts';

const PROFILE = [
  'debug-panic',
  'vm1',
  '--skip',
  'trace',
  '--set',
  'crash.symbols=controller',
  '--set',
  'arm.after=10s',
];

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
    const settings = [...PROFILE, '--set', 'hung_task.timeout=20s'];
    const applied = await vm.provision('apply', ...settings, '--reboot', '--yes');
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    await vm.detached(FREEZE);
    await until(() => vm.console(), /Kernel panic - not syncing: hung_task: blocked tasks/, 180);
    await until(async () => (await vm.ssh('ls /var/crash')).stdout, /^2\d{11}$/m, 600);

    const to = join(vm.directory, 'dumps');
    const fetched = await vm.provision('dumps', 'fetch', 'vm1', '--to', to);
    expect(fetched.code, fetched.stdout + fetched.stderr).toBe(0);
    const [stamp = ''] = readdirSync(join(to, 'vm1'));
    const { code, stdout, stderr } = await vm.provision('dumps', 'analyze', join(to, 'vm1', stamp), '--download');
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

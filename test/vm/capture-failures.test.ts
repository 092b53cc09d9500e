import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { applyAndReboot, makedumpfileThat, RESTORE_MAKEDUMPFILE, SLOW, vmUp, type Vm } from './support/vm.ts';

/** The kernel's log is saved well, whatever comes of the dump. */
const makedumpfile = (does: string): string =>
  makedumpfileThat(`case $* in *--dump-dmesg*) exec /usr/bin/makedumpfile.real "$@" ;; esac\n${does}`);

describe.runIf(SLOW)('a capture that goes wrong', () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await vmUp('ready');
    await applyAndReboot(vm);
  });
  afterAll(async () => {
    await vm.down();
  });
  const crash = (budget: string) => vm.provision('crash-test', 'vm1', '--yes-crash-it-now', '--budget', budget);

  it('because it is cut off in the middle, is named truncated', async () => {
    await vm.read(makedumpfile('/usr/bin/makedumpfile.real "$@" | head -c 20000000'));
    const { code, stdout } = await crash('10m');
    expect(code, stdout).toBe(1);
    expect(stdout).toContain('the dump is not valid: truncated');
  });

  it('because the disk is full, is named that', async () => {
    await vm.read(`${RESTORE_MAKEDUMPFILE}; rm -r /var/crash/2*; systemctl restart provision-arm`);
    await vm.read(
      'dd if=/dev/zero of=/var/tmp/fill bs=1M count=100000 2>/dev/null; truncate -s -8M /var/tmp/fill; sync',
    );
    const { code, stdout } = await crash('10m');
    expect(code, stdout).toBe(1);
    expect(stdout).toContain('the capture filled the disk');
    await vm.read('rm /var/tmp/fill');
  });

  it('because it hangs, is given up after its budget, and the console is named', async () => {
    await vm.read(makedumpfile('exec sleep 100000'));
    const { code, stdout } = await crash('3m');
    expect(code, stdout).toBe(1);
    expect(stdout).toMatch(/the capture hangs/);
    expect(stdout).toContain('virsh console vm1');
    await vm.kill();
    await vm.start();
    await vm.wait();
    const { stdout: list } = await vm.provision('dumps', 'list', 'vm1');
    expect(list).toContain('incomplete');
  });
});

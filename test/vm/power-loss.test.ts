import { afterEach, describe, expect, it } from 'vitest';

import { applyAndReboot, PROFILE, SLOW, until, vmUp, type Vm } from './support/vm.ts';

/** Programs that must not be running when the power goes, by what they do. */
const MOMENTS: readonly (readonly [name: string, running: string])[] = [
  ['packages are unpacked', 'dpkg --status-fd|dpkg .*--unpack'],
  ['update-initramfs works', 'update-initramfs|mkinitramfs'],
  ['update-grub works', 'grub-mkconfig'],
];

describe.runIf(SLOW)('a guest that loses its power', () => {
  let vm: Vm;
  afterEach(async () => {
    await vm.down();
  });

  it.each(MOMENTS)('while %s: boots, and the next apply ends armed', async (_name, running) => {
    vm = await vmUp('bare');
    const first = vm.provision('apply', ...PROFILE, '--yes');
    await until(async () => (await vm.ssh('ps axo args')).stdout, new RegExp(running), 600);
    await vm.kill();
    expect((await first).code).not.toBe(0);
    await vm.start();
    await vm.wait();
    await armed(vm);
  });

  it('while the capture kernel saves a dump: boots, names the dump invalid, and is armed', async () => {
    vm = await vmUp('ready');
    await armed(vm);
    await vm.detached('sync; echo c >/proc/sysrq-trigger');
    await until(() => vm.console(), /kdump-tools\[\d+\]: (running makedumpfile|.*makedumpfile)/i, 300);
    await vm.kill();
    await vm.start();
    await vm.wait();
    const { stdout } = await vm.provision('dumps', 'list', 'vm1');
    expect(stdout).toMatch(/incomplete|cut off|empty|no dump/);
    await armed(vm);
  });
});

async function armed(vm: Vm): Promise<void> {
  await applyAndReboot(vm);
  expect(await vm.read('dpkg --audit; cat /sys/kernel/kexec_crash_loaded /proc/sys/kernel/hung_task_panic')).toBe(
    '1\n1',
  );
  expect((await vm.provision('verify', ...PROFILE)).code).toBe(0);
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { applyAndReboot, PROFILE, SLOW, until, vmUp, type Vm } from './support/vm.ts';

/** Stands in for a driver that WARNs at every boot: it crashes the guest as soon as that would panic it. */
const CRASH_AT_BOOT = `
  cat >/etc/systemd/system/crash-at-boot.service <<'END'
[Unit]
After=provision-arm.service
ConditionPathExists=!/proc/vmcore
[Service]
ExecStart=/bin/sh -c 'until [ "$$(cat /proc/sys/kernel/panic_on_warn)" = 1 ]; do sleep 1; done; echo c >/proc/sysrq-trigger'
[Install]
WantedBy=multi-user.target
END
  systemctl enable crash-at-boot.service && sync`;

describe.runIf(SLOW)('a guest that crashes at every boot', () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await vmUp('ready');
  });
  afterAll(async () => {
    await vm.down();
  });

  it('stays disarmed after three crashes, and says so in the journal and in verify', async () => {
    await applyAndReboot(vm);
    await vm.read(CRASH_AT_BOOT);
    await vm.detached('systemctl start crash-at-boot.service');
    await until(async () => (await vm.ssh('cat /run/provision/arm')).stdout, / refused breaker: 3 crashes/, 1500);
    expect(await vm.read('ls /var/crash | grep -c ^2')).toBe('3');
    expect(await vm.read('cat /proc/sys/kernel/panic_on_warn')).toBe('0');
    expect(await vm.read('journalctl -b -u provision-arm --no-pager')).toContain('breaker: 3 crashes');
    const verified = await vm.provision('verify', ...PROFILE);
    expect(verified.code, verified.stdout).toBe(3);
    expect(verified.stdout).toMatch(/breaker: 3 crashes/);
  });

  it('arms again once the cause and the dumps are gone', async () => {
    await vm.read('systemctl disable --now crash-at-boot.service; rm -r /var/crash/2*');
    const armed = await vm.provision('arm', 'vm1');
    expect(armed.code, armed.stdout + armed.stderr).toBe(0);
    await until(async () => (await vm.ssh('cat /run/provision/arm')).stdout, / armed /, 60);
    const verified = await vm.provision('verify', ...PROFILE);
    expect(verified.code, verified.stdout).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SLOW, until, vmUp, type Vm } from './support/vm.ts';

/** A process of that name writes to a file system that is frozen, and goes on when it is thawed; nothing panics. */
const FREEZE = `
  truncate -s 32M /var/tmp/disk && mkfs.ext4 -q /var/tmp/disk && mkdir -p /mnt/f && mount -o loop /var/tmp/disk /mnt/f
  cp "$(readlink -f /bin/sh)" /var/tmp/Xorg && sync && fsfreeze -f /mnt/f
  /var/tmp/Xorg -c 'echo x >/mnt/f/file; exec sleep 600' & sleep 45; fsfreeze -u /mnt/f; wait`;

const STORE = '/var/lib/provision/evidence';

describe.runIf(SLOW)('a guest that is watched', () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await vmUp('bare');
  });
  afterAll(async () => {
    await vm.down();
  });

  it('keeps the stack, the workqueues and the memory of a hang that recovers', async () => {
    const settings = ['--set', 'trace.watch.blocked=15s', '--set', 'trace.watch.memory_full=never'];
    const { code, stdout, stderr } = await vm.provision('apply', 'trace-stalls', 'vm1', ...settings);
    expect(code, stdout + stderr).toBe(0);
    const console = await vm.read('cat /proc/sys/kernel/printk');
    await vm.detached(FREEZE);
    await until(() => vm.ssh(`cat ${STORE}/*/ended`).then((ran) => ran.stdout), / woke Xorg$/m, 300);
    const explained = await vm.provision('evidence', 'explain', 'vm1', '--all');
    expect(explained.code, explained.stderr).toBe(0);
    for (const wanted of [
      /Xorg \d+ blocked for \d+ s; went on after about \d+ s/,
      /percpu_rwsem_wait|__percpu_down_read/,
      /Workqueues, as the kernel told them\n +(?:workqueue|pool)/,
      /memory +\S+ \S+ of \S+ GiB available/,
    ])
      expect(explained.stdout).toMatch(wanted);
    // Asked for its log alone: nothing of it went to the console, and that says as much as before.
    expect(await vm.read('cat /proc/sys/kernel/printk')).toBe(console);
    expect(vm.console()).not.toContain('Showing busy workqueues');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { until, vmUp, type Vm } from './support/vm.ts';

/** A process of that name writes to a file system that is frozen; a copy, because exec -a changes argv alone. */
const FREEZE = `
  truncate -s 32M /var/tmp/disk && mkfs.ext4 -q /var/tmp/disk && mkdir -p /mnt/f && mount -o loop /var/tmp/disk /mnt/f
  cp "$(readlink -f /bin/sh)" /var/tmp/Xorg && sync && fsfreeze -f /mnt/f
  exec /var/tmp/Xorg -c 'echo x >/mnt/f/file'`;

describe('a process named Xorg on a frozen file system', () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await vmUp('bare');
    await vm.detached(FREEZE);
    await until(async () => (await vm.ssh('cat /proc/[0-9]*/stat')).stdout, /\(Xorg\) D /, 120);
  });
  afterAll(async () => {
    await vm.down();
  });

  it('is found, with where it waits, what that is known as, and how to thaw it', async () => {
    const { code, stdout, stderr } = await vm.provision('stacks', 'vm1');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/vm1: Xorg \d+ blocked for /);
    expect(stdout).toContain('hung_task counts it');
    expect(stdout).toMatch(/percpu_rwsem_wait[^]*mnt_want_write/);
    expect(stdout).toMatch(/fsfreeze[^]*fsfreeze -u/);
  });

  it('is an event with its frames and its signature', async () => {
    const { stdout } = await vm.provision('stacks', 'vm1', '--process', 'Xorg', '--json');
    const events = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Event]));
    const group = events.find((event) => event.kind === 'stacks.group');
    expect(group?.blocked).toBe(true);
    expect(group?.functions.slice(0, 1)).toEqual(['percpu_rwsem_wait']);
    expect(group?.explanation?.matches[0]?.category).toBe('fsfreeze');
    const look = events.find((event) => event.kind === 'guest.stacks');
    expect(look?.stacks.blocked[0]).toMatchObject({ comm: 'Xorg', hungTask: 'counted' });
    expect(look?.stacks.unread).toEqual([]);
  });

  it('is named by the kernel itself when that is asked, workqueues and all', async () => {
    const { code, stdout } = await vm.provision('stacks', 'vm1', '--sysrq-t', '--json');
    expect(code).toBe(0);
    const look = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event)
      .find((event) => event.kind === 'guest.stacks');
    expect(look?.stacks.kernelRefused).toBeNull();
    const [blocked, all] = look?.stacks.kernelAnswers ?? [];
    expect([blocked?.key, blocked?.whole, blocked?.lost]).toEqual(['w', true, 0]);
    expect(blocked?.lines.join('\n')).toMatch(/task:Xorg +state:D[^]*percpu_rwsem_wait/);
    expect([all?.key, all?.whole]).toEqual(['t', true]);
    expect(all?.lines.join('\n')).toContain('Showing busy workqueues and worker pools');
  });

  it('is gone from a watch once its file system is thawed', async () => {
    const watching = vm.provision('stacks', 'vm1', '--watch', '--every', '1s', '--count', '20', '--json');
    await vm.read('fsfreeze -u /mnt/f');
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    const looks = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event)
      .filter((event) => event.kind === 'guest.stacks');
    expect(looks.at(-1)?.stacks.blocked).toEqual([]);
  });

  it('does not keep doctor from its page', async () => {
    const { code, stdout } = await vm.provision('doctor', 'vm1');
    expect(code).toBe(3);
    expect(stdout).toMatch(/ok +stacks +root may read kernel stacks/);
    expect(stdout).toMatch(/BAD +kdump/);
  });
});

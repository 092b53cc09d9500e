import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { Facts } from '../../src/facts/facts.ts';
import { kdumpReadiness } from '../../src/facts/readiness.ts';
import { NO_CAPTURE } from '../plan/support/facts.ts';
import { finished, show } from './plans.ts';

const FACTS: Facts = {
  hostname: 'vm1',
  machineId: 'abc',
  uid: 0,
  os: { id: 'debian', idLike: '', versionId: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
  kernel: { release: '6.1.0-56-amd64', version: '#1 SMP' },
  arch: 'amd64',
  bootId: 'b',
  uptimeSeconds: 7384,
  memTotalKiB: 2_014_000,
  physicalKiB: null,
  init: 'systemd',
  container: null,
  drivers: ['virtio_blk', 'virtio_gpu', 'virtio_net'],
  cmdline:
    'BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=UUID=8e2f5c1a-0000-4000-8000-000000000000 ro quiet crashkernel=256M',
  nextCmdline: null,
  bootloader: 'grub',
  secureBoot: false,
  lockdown: null,
  kexec: { crashLoaded: true, crashSize: 268_435_456, loaded: false, loadDisabled: false },
  capture: NO_CAPTURE,
  readiness: { state: 'ready', reason: '', hint: null },
  captureKernel: false,
  evidence: 0,
  crashDirs: ['/var/crash/202401020304'],
  disks: [{ path: '/', totalKiB: 20_000_000, freeKiB: 12_000_000 }],
  etcWritable: true,
  sysctls: {},
  files: {},
  directories: {},
  packages: {},
  dpkgInterrupted: false,
  apt: null,
  units: {},
  arm: { state: 'waiting', reason: 'for 2 min of uptime', bootId: 'b' },
  state: null,
  pending: null,
  job: null,
};

/** As a probe concludes it from the rest. */
const read = (facts: Facts): Facts => ({ ...facts, readiness: kdumpReadiness(facts) });

function factsRun(guests: readonly string[], facts: Partial<Facts> = {}): string {
  const events: Event[] = [
    { kind: 'run.started', command: 'facts', guests },
    ...[...guests]
      .reverse()
      .map((guest): Event => ({ kind: 'guest.facts', guest, facts: read({ ...FACTS, ...facts }) })),
    ...guests.map((guest) => finished(guest, 'converged', 0, 100)),
    { kind: 'run.finished', outcomes: { converged: guests.length }, exitCode: 0, ms: 1200 },
  ];
  return show(events, { command: 'facts' }).stdout;
}

describe('facts', () => {
  it('are a page for one guest', () => {
    expect(factsRun(['vm1'])).toMatchInlineSnapshot(`
      "vm1
        system      Debian GNU/Linux 12 (bookworm) (amd64), init systemd
        kernel      6.1.0-56-amd64
        memory      1.9 GiB
        uptime      2 h 3 min
        disk        / 11.4 of 19.1 GiB free
        drivers     virtio_blk virtio_gpu virtio_net
        cmdline     BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 root=UUID=8e2f5c1a-0000-4000-8000-000000000000
                    ro quiet crashkernel=256M
        bootloader  grub
        kdump       ready: a crash kernel is loaded, 256 MiB reserved; how it was loaded is not on record
        dumps       /var/crash/202401020304
        armed       waiting: for 2 min of uptime
        provision   not provisioned

      1 guest: 1 read, 0 failed (1.2 s)
      "
    `);
  });

  it('are a table for many, in the order of the inventory', () => {
    expect(factsRun(['vm1', 'vm2', 'vm10', 'db'])).toMatchInlineSnapshot(`
      "GUEST  SYSTEM     KERNEL          ARCH   GiB  BOOT  KDUMP  ARMED    PROFILE
      vm1    Debian 12  6.1.0-56-amd64  amd64  1.9  grub  ready  waiting  -
      vm2    Debian 12  6.1.0-56-amd64  amd64  1.9  grub  ready  waiting  -
      vm10   Debian 12  6.1.0-56-amd64  amd64  1.9  grub  ready  waiting  -
      db     Debian 12  6.1.0-56-amd64  amd64  1.9  grub  ready  waiting  -

      4 guests: 4 read, 0 failed (1.2 s)
      "
    `);
  });

  it('say what is wrong with the guest', () => {
    const page = factsRun(['vm1'], {
      kexec: { crashLoaded: null, crashSize: null, loaded: null, loadDisabled: false },
      container: 'lxc',
      arm: { state: 'none', reason: '', bootId: '' },
      job: { id: 'j', client: '-', since: '2026-11-24T21:22:00Z', owner: 'anna@desk (provision apply)' },
    });
    expect(page).toContain('kdump       no-support: the kernel has no kexec crash support');
    expect(page).toContain('container   lxc');
    expect(page).toContain('armed       no');
    expect(page.replaceAll(/\s+/g, ' ')).toContain(
      'not provisioned; a converge is running (anna@desk (provision apply), since 2026-11-24T21:22:00Z)',
    );
  });
});

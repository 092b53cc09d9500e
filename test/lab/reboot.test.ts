import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Event } from '../../src/events.ts';
import { clientOf } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const MAIN = join(import.meta.dirname, '../../dist/main.js');
const SETTINGS = ['--skip', 'trace,crash', '--set', 'arm.after=5s'];
const OURS = 'crashkernel=256M';

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
const inGuest = async (name: string, text: string): Promise<string> => (await lab.exec(name, text)).stdout.trim();
const bootId = (name: string): Promise<string> => inGuest(name, 'cat /proc/sys/kernel/random/boot_id');
const apply = (name: string, ...more: string[]): Promise<Ran> =>
  provision('apply', 'debug-panic', name, ...SETTINGS, '--reboot', ...more);

/** An apply with `--reboot`, and what is to happen when the guest has been asked. */
async function whenAsked(name: string, then: (kill: () => void) => unknown, ...more: string[]): Promise<Watched> {
  const flags = ['-i', lab.inventory, '-F', join(lab.directory, 'ssh_config'), '--json', '--reboot', ...more];
  const client = spawn(process.execPath, [MAIN, 'apply', 'debug-panic', name, ...SETTINGS, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => client.once('exit', resolve));
  const events: Event[] = [];
  const during: unknown[] = [];
  for await (const line of createInterface(client.stdout)) {
    const event = JSON.parse(line) as Event;
    events.push(event);
    if (event.kind === 'guest.reboot' && event.phase === 'requested') during.push(then(() => client.kill('SIGINT')));
  }
  await Promise.all(during);
  return { code: await ended, events };
}

interface Watched {
  readonly code: number | null;
  readonly events: readonly Event[];
}

const finished = ({ events }: Watched): Event & { kind: 'guest.finished' } =>
  events.find((event) => event.kind === 'guest.finished')!;
const phases = ({ events }: Watched): string[] =>
  events.flatMap((event) => (event.kind === 'guest.reboot' ? [event.phase] : []));

beforeAll(async () => {
  lab = await labUp({ count: 4, kind: 'full', grub: true });
  provision = clientOf(lab);
});

afterAll(async () => {
  await lab.down();
});

describe('a guest whose reservation needs a reboot', () => {
  let first = '';

  it('is told which, and what does it', async () => {
    first = await bootId('vm1');
    const { code, stdout } = await provision('apply', 'debug-panic', 'vm1', ...SETTINGS);
    expect(code, stdout).toBe(5);
    expect(stdout).toMatch(/vm1 +reboot pending/);
    expect(stdout).toMatch(/provision apply debug-panic vm1 .*--reboot$/m);
    expect(await bootId('vm1')).toBe(first);
  });

  it('is rebooted through its firmware where kexec-tools would have it otherwise, and ends armed', async () => {
    // Stopped after the script of kexec-tools, which loads an image when it is stopped.
    const watch = [
      '[Unit]',
      'Before=kexec-load.service',
      '[Service]',
      'Type=oneshot',
      'RemainAfterExit=yes',
      'ExecStart=/bin/true',
      "ExecStop=/bin/sh -c 'cat /sys/kernel/kexec_loaded >/var/seen; ls /no-kexec-reboot >>/var/seen'",
    ].join('\n');
    await lab.exec('vm1', `echo "${watch}" >/etc/systemd/system/watch.service; systemctl start watch kexec-load`);
    const wanted = "sed -i 's/^LOAD_KEXEC=.*/LOAD_KEXEC=true/' /etc/default/kexec; echo 1 >/sys/kernel/kexec_loaded";
    await lab.exec('vm1', wanted);
    const { code, stdout } = await apply('vm1');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/reboot asked for, .*back after/);
    expect(await bootId('vm1')).not.toBe(first);
    expect(await inGuest('vm1', 'cat /proc/cmdline /run/provision/arm')).toMatch(new RegExp(`${OURS}\n.* armed `));
    expect(await inGuest('vm1', 'cat /proc/sys/kernel/hung_task_panic; ls /no-kexec-reboot 2>/dev/null')).toBe('1');
    expect(await inGuest('vm1', 'cat /var/seen')).toBe('0');
    await lab.exec('vm1', 'rm /var/seen /etc/systemd/system/watch.service');
  });

  it('is left alone by the next apply', async () => {
    const boot = await bootId('vm1');
    const { code, stdout } = await apply('vm1');
    expect(code).toBe(0);
    expect(stdout).toContain('as desired');
    expect((await provision('verify', 'debug-panic', 'vm1', ...SETTINGS)).code).toBe(0);
    expect(await bootId('vm1')).toBe(boot);
  });

  it('gives the memory back with a rollback and another reboot', async () => {
    const files = await provision('rollback', 'vm1', '--purge');
    expect(files.code, files.stdout).toBe(5);
    expect(files.stdout).toContain('256 MiB stay reserved');
    expect(await inGuest('vm1', 'cat /proc/cmdline; ls /var/lib/provision 2>/dev/null')).toMatch(
      new RegExp(`${OURS}$`),
    );
    const { code, stdout } = await provision('rollback', 'vm1', '--reboot');
    expect(code, stdout).toBe(0);
    expect(await inGuest('vm1', 'cat /proc/cmdline; systemctl is-enabled provision-arm 2>/dev/null')).not.toMatch(
      /crashkernel|enabled/,
    );
    expect((await provision('rollback', 'vm1', '--reboot')).stdout).toContain('as desired');
  });

  it('does all of that in one command each, saved plans included', async () => {
    const file = join(lab.directory, 'plan.json');
    expect((await provision('plan', 'debug-panic', 'vm1', ...SETTINGS, '--out', file)).code).toBe(0);
    const applied = await provision('apply', '--plan', file, '--reboot');
    expect(applied.code, applied.stdout).toBe(0);
    expect(await inGuest('vm1', 'cat /proc/cmdline')).toContain(OURS);
    const back = await provision('rollback', 'vm1', '--purge', '--reboot');
    expect(back.code, back.stdout).toBe(0);
    expect(await inGuest('vm1', 'cat /proc/cmdline; ls -d /var/lib/provision 2>/dev/null')).not.toMatch(
      /crashkernel|provision/,
    );
  });
});

describe('a reboot that goes wrong', () => {
  it('of a guest that does not come back, says where to go on', async () => {
    const watched = await whenAsked('vm2', () => lab.kill('vm2'), '--reboot-timeout', '8s');
    expect(watched.code).toBe(1);
    expect(phases(watched)).toEqual(['requested', 'down']);
    const { outcome, error } = finished(watched);
    expect([outcome, error?.code]).toEqual(['failed', 'E_UNREACHABLE']);
    expect(error?.hint).toContain('virsh console vm2');
    expect(error?.hint).toContain('zz-provision.cfg');
    await lab.start('vm2');
  });

  it('of a guest that boots another entry, is a failure and no second reboot', async () => {
    const unit = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sed -i s/crashkernel=[^[:space:]]*// /boot/grub/grub.cfg
`;
    await lab.exec('vm3', `cat >/etc/systemd/system/lossy.service <<'END'\n${unit}END\nsystemctl start lossy`);
    const watched = await whenAsked('vm3', () => undefined);
    expect(watched.code).toBe(1);
    expect(phases(watched).filter((phase) => phase === 'requested')).toHaveLength(1);
    expect(phases(watched)).not.toContain('back');
    const { error } = finished(watched);
    expect(error?.code).toBe('E_REBOOT');
    expect(error?.message).toContain('its command line has no crashkernel=');
    await lab.exec('vm3', 'rm /etc/systemd/system/lossy.service');
  });

  it('of a guest that reserves nothing, says so', async () => {
    const { code, stdout } = await apply('vm3', '--set', 'kdump.crashkernel=256M,high');
    expect(code).toBe(1);
    expect(stdout).toMatch(/E_REBOOT/);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'crashkernel=256M,high is on the command line, and the kernel reserved nothing',
    );
  });

  it('of a guest whose breaker holds the gate shut, is not the end that was asked for', async () => {
    await lab.exec('vm3', 'mkdir -p /var/crash/202611240101 /var/crash/202611240102 /var/crash/202611240103');
    const { code, stdout } = await apply('vm3');
    expect(code).toBe(1);
    expect(stdout).toContain('E_NOT_ARMED');
    expect(stdout).toContain('breaker: 3 crashes');
    await lab.exec('vm3', 'rmdir /var/crash/2*');
  });

  it('while a converge of somebody else runs, is not begun', async () => {
    expect((await provision('rollback', 'vm2')).code).toBe(5);
    const hold =
      'exec 9>>/run/lock/provision.lock; flock 9; touch /run/held; while [ -e /run/held ]; do sleep 0.1; done';
    const held = lab.exec('vm2', hold);
    const boot = await bootId('vm2');
    await lab.exec('vm2', 'for i in $(seq 100); do [ -e /run/held ] && exit; sleep 0.1; done');
    const { code, stdout } = await provision('rollback', 'vm2', '--reboot');
    await lab.exec('vm2', 'rm /run/held');
    await held;
    expect(code).toBe(1);
    expect(stdout).toContain('E_LOCKED');
    expect(await bootId('vm2')).toBe(boot);
  });

  it('of a guest that comes back with another host key, ends at once', async () => {
    // Taken up by the next start of sshd, which is that of the next boot: nobody has to be quick.
    const other = `
      mkdir -p /root/other/etc/ssh && ssh-keygen -q -A -f /root/other
      mkdir -p /etc/systemd/system/ssh.service.d
      printf '[Service]\\nExecStartPre=/bin/cp -a /root/other/etc/ssh/. /etc/ssh/\\n' >/etc/systemd/system/ssh.service.d/other.conf`;
    expect((await lab.exec('vm2', other)).code).toBe(0);
    const watched = await whenAsked('vm2', () => undefined, '--set', 'kdump.crashkernel=320M');
    expect(watched.code).toBe(1);
    expect(finished(watched).error?.code).toBe('E_HOST_KEY_CHANGED');
  });
});

it('of a guest for users other than root, who may not log in until it is up, is waited for', async () => {
  await lab.up({ count: 1, kind: 'full', grub: true, odd: 'sudo', prefix: 'ops' });
  const { code, stdout } = await apply('ops1');
  expect(code, stdout).toBe(0);
  expect(await inGuest('ops1', 'cat /run/provision/arm')).toContain(' armed ');
});

it('stops waiting when the person does, and says that the guest is rebooting', async () => {
  const watched = await whenAsked('vm4', (interrupt) => interrupt());
  expect(watched.code).toBe(130);
  const { outcome, reason, changes } = finished(watched);
  expect([outcome, reason]).toEqual(['interrupted', 'stopped waiting: vm4 is rebooting']);
  expect(changes).toBeGreaterThan(10);
});

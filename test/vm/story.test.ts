import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SNAPSHOT } from '../lab/support/client.ts';
import {
  applyAndReboot,
  fetchDump,
  makedumpfileThat,
  PROFILE,
  RESTORE_MAKEDUMPFILE,
  SLOW,
  vmUp,
  type Vm,
} from './support/vm.ts';

/** By hand, all of the profile. */
const SETTINGS = SLOW ? PROFILE.filter((word) => word !== '--skip' && word !== 'trace') : PROFILE;
/** Live values of a kernel that nobody sets: counters, addresses, sizes that follow the memory that is left. */
const UNSTABLE =
  'random|ns_last_pid|/fs/|pid_max|threads-max|perf_event_max_sample|sched_domain|usermodehelper|dirty|min_free|lowmem|user/max_|nr_hugepages|acct|tainted|keys|percpu|overflow|reserve_kbytes';
const LOOK = SNAPSHOT.replace('grep -v -e random -e ns_last_pid', `grep -v -E '${UNSTABLE}'`) + '\ntrue';

/** Cut off before its end marker, empty, and something else altogether. */
const MADE_DUMPS = `
  cd /var/crash && good=$(ls -r */dump.2* | head -n 1)
  for n in 1 2 3; do mkdir 20260101000$n; done
  head -c 3000000 "$good" >202601010001/dump.202601010001
  : >202601010002/dump.202601010002
  head -c 3000000 /dev/urandom >202601010003/dump.202601010003`;

/** As seen on arm64, where every sign of readiness was green and nothing was caught. */
const FAILING_MAKEDUMPFILE = makedumpfileThat(
  `echo "readpage_elf: Can't read the dump memory(/proc/vmcore). Bad address" >&2; exit 1`,
);

/** Panics that somebody else put where every boot applies them, and a word on what they are when the dump begins. */
const SETTINGS_THAT_LEAK = `
  printf 'kernel.panic_on_warn = 1\\nvm.panic_on_oom = 1\\n' >/etc/sysctl.d/99-leak.conf
  cat >/etc/systemd/system/kdump-tools-dump.service.d/zz-test.conf <<'END'
[Service]
ExecStartPre=/bin/sh -c 'echo before the dump: $$(cat /proc/sys/kernel/panic_on_warn /proc/sys/vm/panic_on_oom /proc/sys/kernel/panic)'
END`;

let vm: Vm;
let original: string;

beforeAll(async () => {
  vm = await vmUp('bare');
  original = await vm.read(LOOK);
});

afterAll(async () => {
  await vm.down();
});

describe('from a bare guest to a proven capture, and back', () => {
  it('one command reserves, reboots, and ends 0 and armed', async () => {
    await applyAndReboot(vm, SETTINGS);
    expect(await vm.read('cat /sys/kernel/kexec_crash_loaded')).toBe('1');
    expect(await vm.read('cat /proc/cmdline')).toMatch(/crashkernel=\d+M$/);
    expect(await vm.read('cat /proc/sys/kernel/hung_task_panic /proc/sys/kernel/panic_on_oops')).toBe('1\n1');
    expect(await vm.read('cat /run/provision/arm')).toMatch(/ armed /);
  });

  it('a second apply does nothing, verify exits 0', async () => {
    const again = await vm.provision('apply', ...SETTINGS, '--reboot', '--yes');
    expect(again.code, again.stdout).toBe(0);
    expect(again.stdout).toMatch(/1 as desired/);
    const verified = await vm.provision('verify', ...SETTINGS);
    expect(verified.code, verified.stdout).toBe(0);
  });

  it('facts name kdump ready', async () => {
    const { stdout } = await vm.provision('facts', 'vm1');
    expect(stdout).toMatch(/kdump\s+ready/);
  });

  it('a crash test asks first, and without a terminal touches nothing', async () => {
    const boot = await vm.read('cat /proc/sys/kernel/random/boot_id');
    const { code, stderr } = await vm.provision('crash-test', 'vm1');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes-crash-it-now');
    expect(await vm.read('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
  });

  it('a crash is captured, and proven so', async () => {
    const { code, stdout, stderr } = await vm.provision('crash-test', 'vm1', '--yes-crash-it-now');
    expect(code, stdout + stderr).toBe(0);
    for (const told of ['triggered', 'dump saved', 'back', 'end marker']) expect(stdout).toContain(told);
    const { stdout: list } = await vm.provision('dumps', 'list', 'vm1');
    expect(list).toMatch(/MB\s+yes\s.*sysrq triggered crash/);
  });

  it('the dump is fetched and read on this machine', async () => {
    const { code, stdout, stderr } = await vm.provision('dumps', 'analyze', await fetchDump(vm), '--no-symbols');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('sysrq triggered crash');
    expect(stdout).toMatch(/provision-crash-test|6\.\d+\.\d+/);
  });

  it('dumps that are cut off, empty or foreign are listed as invalid', async () => {
    await vm.read(MADE_DUMPS);
    const { stdout } = await vm.provision('dumps', 'list', 'vm1', '--json');
    const event = stdout.split('\n').find((line) => line.includes('"guest.dumps"')) ?? '{}';
    const { dumps = [] } = JSON.parse(event) as { dumps?: { name: string; verdict: { valid: boolean } }[] };
    const invalid = dumps.filter(({ verdict }) => !verdict.valid).map(({ name }) => name);
    expect(invalid.sort()).toEqual(['202601010001', '202601010002', '202601010003']);
    for (const name of invalid) {
      const file = join(vm.directory, name);
      await vm.read(`base64 -w0 /var/crash/${name}/dump.${name}`).then((text) => {
        writeFileSync(file, Buffer.from(text, 'base64'));
      });
      const { code, stderr } = await vm.provision('dumps', 'analyze', file, '--no-symbols');
      expect([name, code]).toEqual([name, 1]);
      expect(stderr).toMatch(/empty|truncated|not a dump/);
    }
    await vm.read('rm -r /var/crash/2026010100*');
  });

  it('a capture that saves an empty dump while every sign is green fails the crash test', async () => {
    await vm.read(`${FAILING_MAKEDUMPFILE}\n${SETTINGS_THAT_LEAK}`);
    const { code, stdout, stderr } = await vm.provision('crash-test', 'vm1', '--yes-crash-it-now');
    expect(code, stdout + stderr).toBe(1);
    expect(stdout).toContain('the dump is not valid: empty');
    // What the capture kernel said is kept on the guest, and shown.
    expect(stdout).toContain("Can't read the dump memory");
    const [newest = ''] = (await vm.read('ls -r /var/crash | grep ^2')).split('\n');
    const log = await vm.read(`tr -d '\\000' </var/crash/${newest}/capture.log`);
    expect(log).toContain("Can't read the dump memory");
    // systemd-sysctl applied the file there; by the time the dump began, the panics were out, and a panic would reboot.
    expect(log).toMatch(/before the dump: 0 0 10/);
    await vm.read(RESTORE_MAKEDUMPFILE);
    await vm.read('rm /etc/sysctl.d/99-leak.conf /etc/systemd/system/kdump-tools-dump.service.d/zz-test.conf');
  });

  it('a rollback with a reboot leaves no reservation, no unit, and the original files', async () => {
    const { code, stdout, stderr } = await vm.provision('rollback', 'vm1', '--purge', '--reboot', '--yes');
    expect(code, stdout + stderr).toBe(0);
    expect(await vm.read('cat /proc/cmdline')).not.toContain('crashkernel=');
    expect(
      await vm.read(
        'systemctl list-unit-files --no-legend "provision-*"; ls /etc/provision /usr/local/lib/provision 2>&1 | grep -v "No such" || true',
      ),
    ).toBe('');
    const differences = differ(original, await vm.read(LOOK));
    expect(differences).toEqual([]);
  });
});

/** Lines of one text that the other lacks; packages leave their own traces, which a purge does not take back. */
function differ(before: string, after: string): string[] {
  const [a, b] = [before, after].map((text) => new Set(text.split('\n')));
  const foreign =
    /ld\.so\.cache|\/etc\/(ssl|apparmor|python3|perl|alternatives|fonts|ld\.so|gprofng|systemd\/system\/sysinit|init\.d|rc\d)/;
  return [
    ...[...a!].filter((line) => !b!.has(line)).map((line) => `- ${line}`),
    ...[...b!].filter((line) => !a!.has(line)).map((line) => `+ ${line}`),
  ].filter((line) => !foreign.test(line));
}

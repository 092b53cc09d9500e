import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientOf, SNAPSHOT } from './support/client.ts';
import { labUp, ran, type Lab, type Ran } from './support/lab.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What a shell, YAML and Jinja would each like to make something of. */
const PATTERN = String.raw`|/bin/false {{ x }} {% y %} 'q' "d" $HOME \n %p`;
const PROFILE = `apiVersion: provision/v1
name: exported
description: For a guest of the lab
extends: debug-panic
trace: false
crash: { tools: [makedumpfile] }
arm: { after: 0s }
sysctl:
  kernel.core_pattern: ${JSON.stringify(PATTERN)}
`;

let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;
let profile: string;
const path = (name: string): string => join(lab.directory, name);
const inGuest = async (name: string, text: string): Promise<string> => (await lab.exec(name, text)).stdout.trim();

beforeAll(async () => {
  const prepared = await ran(join(ROOT, 'scripts/prepare'), ['ansible-core']);
  expect(prepared.code, prepared.stderr).toBe(0);
  lab = await labUp({ count: 3, kind: 'full', grub: true });
  provision = clientOf(lab);
  profile = path('exported.yaml');
  writeFileSync(profile, PROFILE);
});

afterAll(async () => {
  await lab.down();
});

/** A profile in a format, as a file. */
async function exported(format: string): Promise<string> {
  const out = path(`export.${format}`);
  const { code, stderr } = await ran(process.execPath, [
    ...[join(ROOT, 'dist/main.js'), 'export', profile, '--format', format, '--for', 'debian12/amd64', '--out', out],
  ]);
  expect(code, stderr).toBe(0);
  return out;
}

/** Runs a text as `ssh GUEST sh -s` would. */
async function piped(name: string, script: string, ...args: string[]): Promise<Ran> {
  const child = spawn(join(ROOT, 'scripts/lab'), ['exec', name, '--', 'sh', '-s', '--', ...args], {
    env: { ...process.env, PROVISION_LAB: lab.directory },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(script);
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

async function reboot(name: string): Promise<void> {
  await lab.kill(name);
  await lab.start(name);
}

/** Asked before and after the reboot that kdump needs. */
async function isAsDesired(name: string): Promise<void> {
  const before = await provision('verify', profile, name);
  expect(before.code, before.stdout).toBe(5);
  await reboot(name);
  const after = await provision('verify', profile, name);
  expect(after.code, after.stdout).toBe(0);
  expect(await inGuest(name, 'cat /proc/sys/kernel/core_pattern')).toBe(PATTERN);
}

describe('the script', () => {
  let script = '';

  it('says in a check what would change, and touches nothing', async () => {
    script = readFileSync(await exported('sh'), 'utf8');
    const before = await inGuest('vm1', SNAPSHOT);
    const { code, stdout } = await piped('vm1', script, '--check');
    expect(code, stdout).toBe(3);
    expect(stdout).toContain('~ package kdump-tools kexec-tools makedumpfile');
    expect(stdout).toContain('~ cmdline crashkernel=256M');
    expect(await inGuest('vm1', SNAPSHOT)).toBe(before);
  });

  it('brings a fresh guest to where verify finds nothing', async () => {
    const { code, stdout, stderr } = await piped('vm1', script);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('a reboot is due: crashkernel=256M');
    await isAsDesired('vm1');
  });

  it('changes nothing a second time', async () => {
    const before = await inGuest('vm1', SNAPSHOT);
    expect(await piped('vm1', script)).toMatchObject({ code: 0, stdout: 'as desired\n' });
    expect(await piped('vm1', script, '--check')).toMatchObject({ code: 0, stdout: 'as desired\n' });
    expect(await inGuest('vm1', SNAPSHOT)).toBe(before);
  });

  it.each([
    ['a setting', 'echo 0 >/proc/sys/kernel/sysrq'],
    ['a file', 'echo "# mine" >>/etc/sysctl.d/60-provision-exported.conf'],
    ['a key', 'sed -i s/^USE_KDUMP=1/USE_KDUMP=0/ /etc/default/kdump-tools'],
    ['the crash kernel', 'kexec -p -u'],
    ['the gate', 'systemctl disable --now provision-arm.service'],
    ['the boot loader', 'sed -i "s/crashkernel=256M/crashkernel=1M/" /boot/grub/grub.cfg'],
    ['a package', 'dpkg --purge --force-depends makedumpfile'],
  ])('mends %s', async (_what, damage) => {
    await lab.exec('vm1', damage);
    expect((await provision('verify', profile, 'vm1')).code).toBe(3);
    expect((await piped('vm1', script, '--check')).code).toBe(3);
    const mended = await piped('vm1', script);
    expect(mended.code, mended.stdout + mended.stderr).toBe(0);
    const after = await provision('verify', profile, 'vm1');
    expect(after.code, after.stdout).toBe(0);
  });

  it('refuses what it was not made for', async () => {
    await lab.exec('vm1', 'sed -i s/VERSION_ID=.*/VERSION_ID=\\"13\\"/ /etc/os-release');
    const { code, stderr } = await piped('vm1', script);
    expect(code).toBe(2);
    expect(stderr).toBe('provision: made for Debian 12, and this is debian:13: export it for that\n');
  });
});

describe('the playbook', () => {
  const play = async (...args: string[]): Promise<Ran> => {
    const guest = lab.guests.find(({ name }) => name === 'vm2')!;
    const ssh = `-F none -o UserKnownHostsFile=${lab.knownHosts}`;
    const vars = `ansible_host=${guest.host} ansible_port=${guest.port} ansible_user=${guest.user} ansible_ssh_private_key_file=${lab.key}`;
    writeFileSync(
      path('hosts'),
      `vm2 ${vars} ansible_ssh_common_args='${ssh}' ansible_python_interpreter=/usr/bin/python3\n`,
    );
    writeFileSync(path('ansible.cfg'), '[defaults]\n');
    const env = { ...process.env, ANSIBLE_CONFIG: path('ansible.cfg'), ANSIBLE_NOCOLOR: '1', HOME: lab.directory };
    return ran('ansible-playbook', ['-i', path('hosts'), await exported('ansible'), ...args], env);
  };

  it('uses modules of ansible.builtin only', async () => {
    const modules = readFileSync(await exported('ansible'), 'utf8').match(/^ {6}[a-z_]+\.[a-z_.]+(?=:)/gm) ?? [];
    expect(modules.length).toBeGreaterThan(20);
    expect(modules.filter((name) => !name.trim().startsWith('ansible.builtin.'))).toEqual([]);
  });

  it('looks in a check, and touches nothing', async () => {
    const before = await inGuest('vm2', SNAPSHOT);
    const { code, stdout } = await play('--check', '--diff');
    expect(code, stdout).toBe(0);
    expect(await inGuest('vm2', SNAPSHOT)).toBe(before);
  });

  it('brings a fresh guest to where verify finds nothing', async () => {
    const { code, stdout } = await play();
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('crashkernel=256M is reserved at boot');
    await isAsDesired('vm2');
  });

  it('changes nothing a second time', async () => {
    const { code, stdout } = await play();
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^vm2 .* changed=0 /m);
  });
});

describe('user-data', () => {
  /** Only what the export asks for: nothing else of cloud-init has to do with this guest. */
  const CONFIG = `datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user, power-state-change]
`;
  const SEED = '/var/lib/cloud/seed/nocloud';

  it('is what cloud-init takes', async () => {
    const install =
      'apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install cloud-init';
    const { code, stderr } = await lab.exec('vm3', install);
    expect(code, stderr).toBe(0);
    const data = readFileSync(await exported('cloud-init'), 'utf8');
    await piped('vm3', `mkdir -p ${SEED}; cat >${SEED}/user-data <<'END-OF-DATA'\n${data}END-OF-DATA\n`);
    const valid = await lab.exec('vm3', `cloud-init schema --config-file ${SEED}/user-data`);
    expect(valid.code, valid.stdout + valid.stderr).toBe(0);
    expect(valid.stdout).toContain('Valid cloud-config');
  });

  it('brings a fresh guest to where verify finds nothing, from a NoCloud seed', async () => {
    await piped('vm3', `cat >/etc/cloud/cloud.cfg <<'END'\n${CONFIG}END\necho 'instance-id: i1' >${SEED}/meta-data`);
    const boot = 'cat /proc/sys/kernel/random/boot_id';
    const before = await inGuest('vm3', boot);
    const stages = 'cloud-init init --local; cloud-init init; cloud-init modules --mode=config';
    const { stdout, stderr } = await lab.exec('vm3', `${stages}; cloud-init modules --mode=final`);
    expect(stdout, stderr).toContain('a reboot is due: crashkernel=256M');
    // It is cloud-init that reboots, once it has ended.
    const rebooted = async (): Promise<boolean> => ![before, ''].includes(await inGuest('vm3', boot));
    await expect.poll(rebooted, { timeout: 120_000, interval: 500 }).toBe(true);
    const verified = async (): Promise<number> => (await provision('verify', profile, 'vm3')).code;
    await expect.poll(verified, { timeout: 60_000, interval: 500 }).toBe(0);
    expect(await inGuest('vm3', 'cat /proc/sys/kernel/core_pattern')).toBe(PATTERN);
  });
});

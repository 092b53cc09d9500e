import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clientOf, SNAPSHOT } from './support/client.ts';
import { labUp, type Lab, type Ran } from './support/lab.ts';

const settings = ['--skip', 'kdump,trace,crash', '--set', 'arm.when=always'];
const CANARY = 'not-the-password-k7Qz';
let lab: Lab;
let provision: (command: string, ...args: string[]) => Promise<Ran>;

beforeAll(async () => {
  lab = await labUp({ count: 1, kind: 'light', prefix: 'plain' });
  provision = clientOf(lab);
});

afterAll(async () => {
  await lab.down();
});

const password = (name: string): string => lab.guests.find((guest) => guest.name === name)?.password ?? '';

describe('an odd guest is provisioned like any other', () => {
  it.each([
    ['fish', 'shell=fish'],
    ['tcsh', 'shell=tcsh'],
    ['noisy', 'noisy-bashrc,banner'],
    ['sudo', 'sudo'],
    ['nosftp', 'no-sftp'],
    ['slow', 'slow=80ms'],
  ])('%s', async (prefix, odd) => {
    const [guest] = await lab.up({ count: 1, prefix, odd });
    const applied = await provision('apply', 'debug-panic', guest!.name, ...settings);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect((await provision('verify', 'debug-panic', guest!.name, ...settings)).code).toBe(0);
    expect((await provision('rollback', guest!.name)).code).toBe(0);
  });

  it('that asks for a sudo password gets it, and nobody else ever sees it', async () => {
    await lab.up({ count: 1, prefix: 'pw', odd: 'sudo-password' });
    const secret = password('pw1');
    expect(secret).not.toBe('');
    const withPassword = clientOf(lab, { PROVISION_BECOME_PASSWORD: secret });
    // Command lines and environments of every process on the guest, as long as the apply takes.
    const watch = lab.exec(
      'pw1',
      'while [ ! -e /tmp/stop ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done | tr "\\0" "\\n" | sort -u',
    );
    const applied = await withPassword('apply', 'debug-panic', 'pw1', ...settings, '-K', '-v', '--json');
    await lab.exec('pw1', 'touch /tmp/stop');
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const kept = await lab.exec('pw1', 'cat /run/provision/jobs/*/* /var/lib/provision/*.json /var/log/* 2>/dev/null');
    const places = { watched: (await watch).stdout, out: applied.stdout, err: applied.stderr, kept: kept.stdout };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(place === 'err' ? -1 : 0);
      expect(text, place).not.toContain(secret);
    }
  });

  it('with a wrong sudo password is one failure, tried once', async () => {
    const wrong = clientOf(lab, { PROVISION_BECOME_PASSWORD: CANARY });
    const { code, stdout, stderr } = await wrong('apply', 'debug-panic', 'pw1', ...settings, '-K', '-v');
    expect(code).toBe(1);
    expect(stdout).toContain('E_SUDO');
    expect(stdout + stderr).not.toContain(CANARY);
  });

  it('without the password says how to give it', async () => {
    const { code, stdout } = await provision('apply', 'debug-panic', 'pw1', ...settings);
    expect(code).toBe(1);
    expect(stdout).toMatch(/E_SUDO[\s\S]*-K/);
  });

  it('whose files change while they are read is read again', async () => {
    await lab.up({ count: 1, prefix: 'restless' });
    // Whatever changes between the sizes and the texts, once and then twice more.
    const restless = `cat >/usr/local/bin/stat <<'END'
#!/bin/sh
/usr/bin/stat "$@" || exit
case $* in *sysctl.d*) ;; *) exit 0 ;; esac
read -r times </run/times
[ "$times" -gt 0 ] || exit 0
echo $((times - 1)) >/run/times
echo '# more' >>/etc/sysctl.d/99-restless.conf
END
chmod 755 /usr/local/bin/stat; echo 'kernel.sysrq = 1' >/etc/sysctl.d/99-restless.conf; echo`;
    await lab.exec('restless1', `${restless} 2 >/run/times`);
    const read = await provision('facts', 'restless1');
    expect(read.code, read.stdout).toBe(0);
    expect((await lab.exec('restless1', 'cat /run/times')).stdout.trim()).toBe('0');
    await lab.exec('restless1', 'echo 50 >/run/times');
    const never = await provision('facts', 'restless1');
    expect(never.code).toBe(1);
    expect(never.stdout).toMatch(/E_PROBE[\s\S]*changed while it was read[\s\S]*hint/);
  });

  it('whose dpkg is busy is waited for', async () => {
    await lab.up({ count: 1, prefix: 'busy', odd: 'dpkg-lock=6' });
    const packages = ['--skip', 'kdump,trace', '--set', 'arm.when=always', '--set', 'crash.tools=[makedumpfile]'];
    const { code, stdout } = await provision('apply', 'debug-panic', 'busy1', ...packages);
    expect(code, stdout).toBe(0);
  });

  it('whose link is cut off in the middle is finished all the same', async () => {
    await lab.up({ count: 1, prefix: 'cut', odd: 'drop=40000' });
    const runs = [await provision('apply', 'debug-panic', 'cut1', ...settings)];
    if (runs[0]?.code !== 0) runs.push(await provision('apply', 'debug-panic', 'cut1', ...settings));
    expect(runs.at(-1)?.code, runs.at(-1)?.stdout).toBe(0);
  });
});

describe('a guest that cannot be provisioned says why, and is left as it was', () => {
  it.each([
    ['ro', 'ro-etc', /read-only/],
    ['full', 'full-disk', /E_DISK_FULL|No space|free on/],
    ['noroot', 'no-root-login', /E_AUTH/],
  ])('%s', async (prefix, odd, reason) => {
    const [guest] = await lab.up({ count: 1, prefix, odd });
    const before = (await lab.exec(guest!.name, SNAPSHOT)).stdout;
    const { code, stdout } = await provision('apply', 'debug-panic', guest!.name, ...settings);
    expect([1, 4]).toContain(code);
    expect(stdout).toMatch(reason);
    expect((await lab.exec(guest!.name, SNAPSHOT)).stdout).toBe(before);
  });
});

describe('host keys', () => {
  const config = (): string => join(lab.directory, 'own_config');
  const own = (...args: string[]): Promise<Ran> => provision('facts', 'plain1', '-F', config(), ...args);
  const known = (): string => join(lab.directory, 'own_known_hosts');

  it('that are not known are refused without a terminal', async () => {
    writeFileSync(config(), `Host *\n  UserKnownHostsFile ${known()}\n  GlobalKnownHostsFile /dev/null\n`);
    const { code, stdout } = await own();
    expect(code).toBe(4);
    expect(stdout).toMatch(/E_HOST_KEY_UNKNOWN[\s\S]*SHA256:[\s\S]*--accept-new/);
    expect(existsSync(known())).toBe(false);
  });

  it('are written down once with --accept-new', async () => {
    expect((await own('--accept-new')).code).toBe(0);
    const lines = readFileSync(known(), 'utf8');
    expect((await own('--accept-new')).code).toBe(0);
    expect((await own()).code).toBe(0);
    expect(readFileSync(known(), 'utf8')).toBe(lines);
  });

  it('that have changed are refused, with --accept-new too', async () => {
    const other = readFileSync(lab.knownHosts, 'utf8')
      .split('\n')
      .find((line) => !line.includes(lab.guests[0]!.host))!;
    const [, ...key] = other.split(' ');
    writeFileSync(known(), `[${lab.guests[0]!.host}]:2222 ${key.join(' ')}\n`);
    const { code, stdout } = await own('--accept-new');
    expect(code).toBe(4);
    expect(stdout).toMatch(/E_HOST_KEY_CHANGED[\s\S]*ssh-keygen[\s\S]* -R/);
  });
});

describe('several guests', () => {
  it('one that is off does not keep the others from converging', async () => {
    await lab.up({ count: 3, prefix: 'many' });
    await lab.kill('many2');
    const { code, stdout } = await provision('apply', 'debug-panic', 'many*', ...settings, '--json');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; guest?: string; outcome?: string });
    const outcomes = events
      .filter(({ kind }) => kind === 'guest.finished')
      .map(({ guest, outcome }) => `${guest} ${outcome}`);
    expect(outcomes.sort()).toEqual(['many1 changed', 'many2 unreachable', 'many3 changed']);
    expect(code).toBe(4);
  });

  it('an inventory with nobody in it touches nobody', async () => {
    const empty = join(lab.directory, 'empty.yaml');
    writeFileSync(empty, 'guests: {}\n');
    const { code, stderr } = await provision('apply', 'debug-panic', '--yes', '-i', empty);
    expect(code).toBe(2);
    expect(stderr).toMatch(/error: /);
  });

  it('vars of a group reach its guests and nobody else', async () => {
    appendFileSync(lab.inventory, 'groups:\n  slow: { guests: [many1], vars: { hung_task.timeout: 240s } }\n');
    expect((await provision('apply', 'debug-panic', 'many1', 'many3', ...settings)).code).toBe(0);
    const value = async (name: string): Promise<string> =>
      (await lab.exec(name, 'cat /proc/sys/kernel/hung_task_timeout_secs')).stdout.trim();
    expect([await value('many1'), await value('many3')]).toEqual(['240', '60']);
  });
});

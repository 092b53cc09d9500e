import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseLook } from '../../src/crash/boot-look.ts';
import { shippedText } from '../../src/shipped/files.ts';

const OLD = '11111111-2222-3333-4444-555555555555';
const NEW = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
let root = '';
const at = (path: string): string => join(root, path);

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

/** A program of the guest, found before the machine's; what it is called with is kept. */
function program(name: string, body: string): void {
  write(`/bin/${name}`, `#!/bin/sh\necho "${name} $*" >>${root}/called\n${body}\n`);
  chmodSync(at(`/bin/${name}`), 0o755);
}

const called = (): string => (existsSync(at('called')) ? readFileSync(at('called'), 'utf8') : '');

/** Runs a script with every path of the guest under our root; answers with its sections. */
function run(name: string, header: string): Map<string, Buffer> {
  const text = shippedText(`templates/guest/${name}`)
    .replaceAll(/(?<![\w}])\/(proc|sys|run|etc|var)\//g, (_whole, top: string) => `${root}/${top}/`)
    .replaceAll(/(?<![\w$])\/no-kexec-reboot/g, (whole, offset: number, all: string) =>
      // What is looked for inside of kexec-tools' script is a text, not a file.
      all.slice(offset - 9, offset).includes('grep -qs') ? whole : `${root}${whole}`,
    );
  const frame = `set -u\nsection() { printf '## %s\\n' "$1"; }\nsleep() { :; }\n`;
  const { stdout, stderr } = spawnSync('dash', ['-c', `${frame}${header}\n${text}`], {
    encoding: 'utf8',
    timeout: 10_000,
    env: { ...process.env, PATH: `${root}/bin:${process.env['PATH'] ?? ''}` },
  });
  expect(stderr).toBe('');
  const sections = stdout.split(/^## /m).slice(1);
  return new Map(
    sections.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), Buffer.from(part.slice(end + 1))];
    }),
  );
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reboot-'));
  write('/proc/sys/kernel/random/boot_id', `${OLD}\n`);
  write('/proc/uptime', '50.25 40.00\n');
  write('/proc/cmdline', 'BOOT_IMAGE=/boot/vmlinuz ro crashkernel=256M\n');
  write('/etc/machine-id', 'm1\n');
  write('/run/systemd/system/x', '');
  write('/sys/kernel/kexec_loaded', '0\n');
  for (const name of ['systemd-run', 'systemd-inhibit', 'logger', 'setsid']) program(name, '');
  program('kexec', `echo 0 >${root}/sys/kernel/kexec_loaded`);
  program('systemctl', 'echo running');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the request', () => {
  const ask = (fenced = ':'): string => {
    const functions = shippedText('templates/guest/converge-fence.sh').replaceAll('/proc/', `${root}/proc/`);
    const header = `OLD_BOOT_ID=${OLD}\n${functions}\nfenced() { ${fenced}; }`;
    return run('reboot.sh', header).get('reboot')?.toString().trim() ?? '';
  };
  const leavesKexec = (text: string): void => {
    write('/etc/init.d/kexec-load', '#! /bin/sh\nNOKEXECFILE=/no-kexec-reboot\n');
    write('/etc/default/kexec', text);
  };

  it('starts a clean reboot in a unit of its own, and says so', () => {
    expect(ask()).toBe('asked');
    expect(called()).toMatch(/^systemd-run .*SKIP_AUTO_KEXEC=1 SYSTEMCTL_SKIP_AUTO_SOFT_REBOOT=1 systemctl reboot$/m);
    expect(called()).not.toMatch(/setsid|kexec -u|-f/);
  });

  it('takes a loaded kexec image out first', () => {
    write('/sys/kernel/kexec_loaded', '1\n');
    expect(ask()).toBe('asked');
    expect(called()).toMatch(/^kexec -u$/m);
  });

  it('is not carried out with an image that stays', () => {
    rmSync(at('/sys/kernel/kexec_loaded'));
    write('/sys/kernel/kexec/loaded', '1\n');
    expect(ask()).toMatch(/^refused E_REBOOT a kexec image is loaded/);
    expect(called()).not.toContain('systemd-run');
  });

  it.each([
    ['LOAD_KEXEC=true\n', true],
    ['LOAD_KEXEC=false\n', false],
    ['# nothing\n', false],
    ['LOAD_KEXEC=true\nbroken $(', false],
  ])('keeps kexec-tools with %j from loading one at shutdown: %s', (text, kept) => {
    leavesKexec(text);
    expect(ask()).toBe('asked');
    expect(existsSync(at('/no-kexec-reboot'))).toBe(kept);
  });

  it('reads the settings where a snippet turns it on', () => {
    leavesKexec('LOAD_KEXEC=false\n');
    write('/etc/default/kexec.d/mine', 'LOAD_KEXEC=true\n');
    expect(ask()).toBe('asked');
    expect(existsSync(at('/no-kexec-reboot'))).toBe(true);
  });

  it("leaves somebody else's mark alone", () => {
    leavesKexec('LOAD_KEXEC=true\n');
    write('/no-kexec-reboot', '');
    expect(ask()).toBe('asked');
    expect(readFileSync(at('/no-kexec-reboot'), 'utf8')).toBe('');
  });

  it('makes no mark where nothing looks at it', () => {
    write('/etc/default/kexec', 'LOAD_KEXEC=true\n');
    expect(ask()).toBe('asked');
    expect(existsSync(at('/no-kexec-reboot'))).toBe(false);
  });

  it('is refused by another boot', () => {
    write('/proc/sys/kernel/random/boot_id', `${NEW}\n`);
    expect(ask()).toMatch(/^refused E_REBOOT it has restarted/);
    expect(called()).toBe('');
  });

  it('is refused to an attempt that was overtaken, before anything is done', () => {
    write('/sys/kernel/kexec_loaded', '1\n');
    write('/var/lib/provision/state.json', '{}\n');
    write('/var/lib/provision/fence', '1790000000000002 r2\n');
    expect(ask(`fence 1790000000000001 r1 ${OLD}`)).toMatch(
      /^refused E_FENCED a newer attempt .* 1790000000000002 of run r2; this one is 1790000000000001 of run r1$/,
    );
    expect(called()).not.toMatch(/kexec|systemd-run|setsid/);
    expect(ask(`fence 1790000000000003 r3 ${OLD}`)).toBe('asked');
    expect(readFileSync(at('/var/lib/provision/fence'), 'utf8')).toBe('1790000000000003 r3\n');
    expect(ask(`fence 1790000000000002 r2 ${OLD}`)).toMatch(/^refused E_FENCED /);
  });

  it('leaves no token on the disk of a guest that holds nothing of ours', () => {
    expect(ask(`fence 5 r5 ${OLD}`)).toBe('asked');
    expect(existsSync(at('/var/lib/provision'))).toBe(false);
    expect(readFileSync(at('/run/provision/fence'), 'utf8')).toBe('5 r5\n');
  });

  it('is refused while apt blocks a shutdown, and not by what only delays one', () => {
    const delay = 'Unattended Upgrades Shutdown 0 root 5 unattended-upgr shutdown Stop ongoing upgrades delay';
    program('systemd-inhibit', `echo '${delay}'`);
    expect(ask()).toBe('asked');
    const block = 'APT 0 root 77 apt-get shutdown APT is installing or removing packages block';
    program('systemd-inhibit', `echo '${delay}'; echo '${block}'`);
    expect(ask()).toBe(`refused E_LOCKED a shutdown is blocked: ${block}`);
  });

  it('finds its way where systemd will not, or is not', () => {
    program('systemd-run', 'exit 1');
    expect(ask()).toBe('asked');
    expect(called()).toMatch(/^setsid -f sh -c .* systemctl reboot$/m);
    rmSync(at('/run/systemd'), { recursive: true });
    expect(ask()).toBe('asked');
    expect(called()).toMatch(/^setsid -f sh -c .* shutdown -r now/m);
    program('setsid', 'exit 1');
    expect(ask()).toMatch(/^refused E_REBOOT neither systemd-run nor setsid/);
  });
});

describe('a look at what answers', () => {
  const look = (givenUp = ''): ReturnType<typeof parseLook> =>
    parseLook(run('boot.sh', `OLD_BOOT_ID=${OLD}\nGIVEN_UP=${givenUp}\nSETTLE=5\nSTABLE=3`));

  it('of the old boot says what holds up its end, and nothing more', () => {
    program('systemctl', "echo '12 a.service stop running'; echo '13 b.service stop waiting'");
    expect(look()).toMatchObject({ bootId: OLD, stopping: ['a.service'], bootIdAgain: null, system: null });
  });

  it('of the old boot says why it was not crashed, where that is asked', () => {
    expect(look(at('result')).givenUp).toBeNull();
    write('/result', 'no file system to freeze\n');
    expect(look(at('result')).givenUp).toBe('no file system to freeze');
    expect(look().givenUp).toBeNull();
  });

  it('of a new boot looks twice', () => {
    write('/proc/sys/kernel/random/boot_id', `${NEW}\n`);
    expect(look()).toEqual({
      bootId: NEW,
      bootIdAgain: NEW,
      machineId: 'm1',
      cmdline: 'BOOT_IMAGE=/boot/vmlinuz ro crashkernel=256M',
      uptimeSeconds: 50.25,
      captureKernel: false,
      system: 'running',
      stopping: [],
      givenUp: null,
    });
  });

  it('of a capture kernel leaves it to its dump', () => {
    write('/proc/sys/kernel/random/boot_id', `${NEW}\n`);
    write('/proc/vmcore', '');
    expect(look()).toMatchObject({ captureKernel: true, bootIdAgain: null });
    expect(called()).toBe('');
  });

  it('of a system that says nothing yet, or has no systemd', () => {
    write('/proc/sys/kernel/random/boot_id', `${NEW}\n`);
    program('systemctl', 'exit 1');
    expect(look().system).toBe('');
    rmSync(at('/run/systemd'), { recursive: true });
    expect(look().system).toBeNull();
  });

  it('takes our own mark for kexec-tools away, and no other', () => {
    write('/proc/sys/kernel/random/boot_id', `${NEW}\n`);
    write('/no-kexec-reboot', 'provision\n');
    look();
    expect(existsSync(at('/no-kexec-reboot'))).toBe(false);
    write('/no-kexec-reboot', '');
    look();
    expect(existsSync(at('/no-kexec-reboot'))).toBe(true);
  });
});

describe('following the gate', () => {
  const follow = (limit: number): string[] => {
    const said = run('gate.sh', `LIMIT=${limit}`).get('gate')?.toString() ?? '';
    return said === '' ? [] : said.trimEnd().split('\n');
  };

  it.each(['armed panic settings are live', 'refused breaker: 3 crashes', 'failed not armed as asked: x'])(
    'ends when it says: %s',
    (said) => {
      write('/run/provision/arm', `${OLD} ${said}\n`);
      expect(follow(1000)).toEqual([said]);
    },
  );

  it('says a thing once, and gives up in time', () => {
    write('/run/provision/arm', `${OLD} waiting for kdump: no crash kernel is loaded\n`);
    expect(follow(5)).toEqual(['waiting for kdump: no crash kernel is loaded']);
  });

  it('does not believe another boot, and waits for a gate that has not begun', () => {
    write('/run/provision/arm', `${NEW} armed panic settings are live\n`);
    expect(follow(3)).toEqual([]);
    rmSync(at('/run/provision/arm'));
    expect(follow(3)).toEqual([]);
  });
});

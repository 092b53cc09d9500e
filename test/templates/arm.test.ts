import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { render } from '../../src/plan/render.ts';
import { shippedText } from '../../src/shipped/files.ts';

const BOOT_ID = '11111111-2222-3333-4444-555555555555';
let root = '';
const at = (path: string): string => join(root, path);
const read = (path: string): string => readFileSync(at(path), 'utf8').trim();

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

/** What profiles can say in arm.conf. */
function configure(values: Partial<Record<'when' | 'after' | 'crashes' | 'within', string>> = {}): void {
  const all = { when: 'kdump-ready', after: '0', crashes: '3', within: '3600', ...values };
  write('/etc/provision/arm.conf', render(shippedText('templates/guest/arm.conf'), all));
}

/** The gate, with every path of the guest under our root, and sleeps that do not last. */
function script(sleep: string): string {
  const text = shippedText('templates/guest/arm.sh').replaceAll(
    /(?<![\w}])\/(proc|sys|run|etc|var)\//g,
    (_whole, top: string) => `${root}/${top}/`,
  );
  const [shebang, ...rest] = text.split('\n');
  return [shebang, `sleep() { ${sleep}; }`, ...rest].join('\n');
}

/** Runs the gate; where it would wait, `meanwhile` happens instead of time. */
function gate(meanwhile = 'echo "would wait for ever"; exit 7'): { status: number | null; said: string[] } {
  const { status, stdout, stderr } = spawnSync('dash', ['-c', script(meanwhile)], { encoding: 'utf8', timeout: 5000 });
  expect(stderr).toBe('');
  return { status, said: stdout.trim().split('\n') };
}

const SYSCTLS = ['kernel/hung_task_panic', 'kernel/panic_on_oops', 'vm/panic_on_oom'];
const live = (): string[] => SYSCTLS.map((path) => read(`/proc/sys/${path}`));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'arm-'));
  write('/proc/sys/kernel/random/boot_id', `${BOOT_ID}\n`);
  write('/proc/uptime', '1000.50 4000.00\n');
  write('/sys/kernel/kexec_crash_loaded', '1\n');
  for (const path of SYSCTLS) write(`/proc/sys/${path}`, '0\n');
  const settings = ['kernel.hung_task_panic = 1', 'kernel.panic_on_oops = 1', 'vm.panic_on_oom = 2'].join('\n');
  const text = render(shippedText('templates/guest/sysctl-armed.conf'), { profile: 'debug-panic', settings });
  write('/etc/provision/armed.d/debug-panic.conf', text);
  configure();
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the gate', () => {
  it('arms when all is ready, and says so in one line with the boot id', () => {
    expect(gate()).toEqual({ status: 0, said: ['armed panic settings are live'] });
    expect(live()).toEqual(['1', '1', '2']);
    expect(readFileSync(at('/run/provision/arm'), 'utf8')).toBe(`${BOOT_ID} armed panic settings are live\n`);
  });

  it('reads where newer kernels say that a crash kernel is loaded', () => {
    rmSync(at('/sys/kernel/kexec_crash_loaded'));
    write('/sys/kernel/kexec/crash_loaded', '1\n');
    expect(gate().status).toBe(0);
  });

  it('has defaults that wait where arm.conf is gone', () => {
    rmSync(at('/etc/provision/arm.conf'));
    write('/proc/uptime', '10.00 20.00\n');
    expect(gate().said).toEqual(['waiting for 120 s of uptime', 'would wait for ever']);
  });

  it('waits for the uptime that was asked for, and not longer', () => {
    configure({ after: '300' });
    write('/proc/uptime', '297.10 20.00\n');
    const { status, said } = gate(`echo "slept $1"; echo "300.00 1" >'${at('/proc/uptime')}'`);
    expect(said).toEqual(['waiting for 300 s of uptime', 'slept 3', 'armed panic settings are live']);
    expect(status).toBe(0);
  });

  it('waits for kdump, saying it once, and arms as soon as it is there', () => {
    write('/sys/kernel/kexec_crash_loaded', '0\n');
    const third = `[ "\${n:=0}" -lt 2 ] && n=$((n + 1)) || echo 1 >'${at('/sys/kernel/kexec_crash_loaded')}'; echo "slept $1"`;
    expect(gate(third).said).toEqual([
      'waiting for kdump: no crash kernel is loaded',
      'slept 1',
      'slept 2',
      'slept 3',
      'armed panic settings are live',
    ]);
  });

  it('waits where the kernel has no crash kernel support at all', () => {
    rmSync(at('/sys'), { recursive: true });
    expect(gate().said[0]).toBe('waiting for kdump: no crash kernel is loaded');
    expect(live()).toEqual(['0', '0', '0']);
  });

  it('does not wait for kdump with WHEN=always', () => {
    configure({ when: 'always' });
    write('/sys/kernel/kexec_crash_loaded', '0\n');
    expect(gate()).toMatchObject({ status: 0 });
    expect(live()).toEqual(['1', '1', '2']);
  });

  it('never arms the capture kernel', () => {
    write('/proc/vmcore', '');
    expect(gate()).toEqual({ status: 0, said: ['refused this is the capture kernel'] });
    expect(live()).toEqual(['0', '0', '0']);
  });

  it('shows what it waits for while it waits', async () => {
    write('/sys/kernel/kexec_crash_loaded', '0\n');
    const child = spawn('dash', ['-c', script('read -r line')], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(read('/run/provision/arm')).toBe(`${BOOT_ID} waiting for kdump: no crash kernel is loaded`);
    write('/sys/kernel/kexec_crash_loaded', '1\n');
    child.stdin.end('on\n');
    await once(child, 'exit');
    expect(read('/run/provision/arm')).toContain('armed');
  });
});

describe('the breaker', () => {
  const crash = (name: string, minutesAgo = 0): void => {
    mkdirSync(at(`/var/crash/${name}`), { recursive: true });
    spawnSync('touch', ['-d', `${minutesAgo} minutes ago`, at(`/var/crash/${name}`)]);
  };

  it('keeps the guest disarmed after so many crashes', () => {
    for (const name of ['202601010001', '202601010002', '202601010003']) crash(name);
    expect(gate()).toEqual({ status: 0, said: ['refused breaker: 3 crashes within 3600 s; staying disarmed'] });
    expect(live()).toEqual(['0', '0', '0']);
  });

  it.each<[string, () => void]>([
    ['fewer', () => ['202601010001', '202601010002'].forEach((name) => crash(name))],
    ['older ones', () => ['202601010001', '202601010002', '202601010003'].forEach((name) => crash(name, 120))],
    ['what is no dump', () => ['kexec_cmd', 'lost+found', 'x'].forEach((name) => crash(name))],
    ['files', () => ['201', '202', '203'].forEach((name) => write(`/var/crash/${name}`, ''))],
    ['no /var/crash', () => undefined],
  ])('lets through %s', (_name, prepare) => {
    prepare();
    expect(gate().status).toBe(0);
    expect(live()).toEqual(['1', '1', '2']);
  });

  it('counts what the profile says', () => {
    configure({ crashes: '1', within: '60' });
    crash('202601010001', 3);
    expect(gate().said).toEqual(['armed panic settings are live']);
    crash('202601010002');
    expect(gate().said[0]).toMatch(/^refused breaker: 1 crashes within 60 s/);
  });
});

describe('settings that are not taken', () => {
  it('are named, with what was wanted and what is; the others are live', () => {
    write('/etc/provision/armed.d/b.conf', 'debug.no_such_key = 1\n');
    const { status, said } = gate();
    expect(status).toBe(1);
    expect(said).toEqual(['failed not armed as asked: debug.no_such_key (wanted 1, reads nothing)']);
    expect(live()).toEqual(['1', '1', '2']);
    expect(existsSync(at('/proc/sys/debug'))).toBe(false);
  });

  it('are found by reading back', () => {
    // Takes every write and stays as it is, as a kernel that clamps does.
    rmSync(at('/proc/sys/vm/panic_on_oom'));
    spawnSync('ln', ['-s', '/dev/null', at('/proc/sys/vm/panic_on_oom')]);
    expect(gate()).toEqual({
      status: 1,
      said: ['failed not armed as asked: vm.panic_on_oom (wanted 2, reads nothing)'],
    });
  });

  it('lines that are no settings are passed over', () => {
    write('/etc/provision/armed.d/debug-panic.conf', '# a comment\n\nkernel.hung_task_panic = 1\nvm.panic_on_oom=1\n');
    expect(gate().status).toBe(0);
    expect(live()).toEqual(['1', '0', '1']);
  });
});

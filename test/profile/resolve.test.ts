import { describe, expect, it } from 'vitest';
import { makeResolver } from '../../src/profile/resolve.ts';
import { loadProfile } from '../../src/shipped/profiles.ts';
import { catalogue, composed, errorOf, resolved, sysctls } from './support.ts';

const fromGuest = (
  path: string,
  value: unknown,
): { path: string; value: unknown; scope: string; file: string; line: number } => ({
  path,
  value,
  scope: 'guest vm1',
  file: 'inventory.yaml',
  line: 7,
});

describe('sections', () => {
  it.each([
    ['sysrq: all', { 'kernel.sysrq': '1' }],
    ['sysrq: none', { 'kernel.sysrq': '0' }],
    ['sysrq: [sync, remount-ro, dump, reboot]', { 'kernel.sysrq': '184' }],
    ['sysrq: [loglevel, keyboard, dump, sync, remount-ro, signal, reboot, nice]', { 'kernel.sysrq': '510' }],
    ['sysrq: []', { 'kernel.sysrq': '0' }],
    [
      'hung_task: { panic: true, timeout: 1m }',
      { 'kernel.hung_task_panic': '1!', 'kernel.hung_task_timeout_secs': '60' },
    ],
    ['hung_task: { panic: false }', { 'kernel.hung_task_panic': '0' }],
    ['hung_task: { warnings: unlimited }', { 'kernel.hung_task_warnings': '-1' }],
    ['hung_task: { warnings: 0 }', { 'kernel.hung_task_warnings': '0' }],
    [
      'hung_task: { check_interval: 10s, all_cpu_backtrace: true }',
      { 'kernel.hung_task_all_cpu_backtrace': '1', 'kernel.hung_task_check_interval_secs': '10' },
    ],
    ['hung_task: {}', {}],
    ['panic: { on: [oops, oom] }', { 'kernel.panic_on_oops': '1!', 'vm.panic_on_oom': '1!' }],
    ['panic: { reboot_after: never }', { 'kernel.panic': '0' }],
    ['panic: { reboot_after: now }', { 'kernel.panic': '-1' }],
    ['panic: { reboot_after: 1m30s }', { 'kernel.panic': '90' }],
    ['sysctl: { kernel/panic: 5 }', { 'kernel.panic': '5' }],
    ['sysctl: { kernel.panic: 0x10 }', { 'kernel.panic': '16' }],
    ['sysctl: { kernel.panic: "0x10" }', { 'kernel.panic': '16' }],
    ['sysctl: { kernel.panic_print: 18446744073709551615 }', { 'kernel.panic_print': '18446744073709551615' }],
    ['sysctl: { kernel.warn_limit: 3, kernel.oops_limit: 0 }', { 'kernel.oops_limit': '0', 'kernel.warn_limit': '3!' }],
    ['sysctl: { vm.oom_dump_tasks: true }', { 'vm.oom_dump_tasks': '1' }],
    ['sysctl: { net.ipv4.ip_local_port_range: [32768, 60999] }', { 'net.ipv4.ip_local_port_range': '32768 60999' }],
    ['sysctl: { kernel.hung_task_sys_info: [tasks, mem] }', { 'kernel.hung_task_sys_info': 'tasks,mem' }],
    ['sysctl: { net/ipv4/conf/eth0.1/rp_filter: 1 }', { 'net.ipv4.conf.eth0/1.rp_filter': '1' }],
    // Nothing is known about it, so it waits for the gate.
    ['sysctl: { kernel.panic_on_monday: 1 }', { 'kernel.panic_on_monday': '1!' }],
    // Only kernels from 6.19 take more than 1: the plan tells, guest by guest.
    ['sysctl: { kernel.hung_task_panic: 3 }', { 'kernel.hung_task_panic': '3!' }],
  ])('%s', (body, expected) => {
    expect(sysctls(resolved(body))).toEqual(expected);
  });

  it('absent ones are null, present ones have defaults', () => {
    expect(resolved('description: nothing')).toMatchObject({
      kdump: null,
      crash: null,
      trace: null,
      sysctls: [],
      match: { drivers: [] },
    });
    expect(resolved('kdump: {}\ncrash: {}\ntrace: {}')).toMatchObject({
      kdump: { crashkernel: 'auto', keep: 5 },
      crash: { tools: [], symbols: 'controller' },
      trace: { tools: [], headers: false },
    });
  });

  it('arm is in seconds', () => {
    expect(resolved('arm: { after: 1h30m }').arm).toEqual({
      when: 'kdump-ready',
      after: 5400,
      breaker: { crashes: 3, within: 3600 },
    });
  });
});

describe('sysctl conflicts and ranges', () => {
  it('the same key twice is fine while both agree, and the free map is the origin', () => {
    const state = resolved('hung_task: { panic: true }\nsysctl: { kernel.hung_task_panic: 1 }');
    expect(state.sysctls).toEqual([
      { key: 'kernel.hung_task_panic', value: '1', armed: true, path: 'sysctl.kernel.hung_task_panic' },
    ]);
  });

  it('names both places when they do not', () => {
    const error = errorOf(() => resolved('hung_task: { panic: true }\nsysctl: { kernel.hung_task_panic: 0 }'));
    expect(error.message).toBe(
      'kernel.hung_task_panic is 0 by sysctl.kernel.hung_task_panic and 1 by hung_task.panic (mine.yaml:3)',
    );
    expect(error.where).toMatchObject({ file: 'mine.yaml', line: 4, col: 35 });
  });

  it('two sections may not disagree either', () => {
    const error = errorOf(() => resolved('hung_task: { panic: false }\npanic: { on: [hung_task] }'));
    expect(error.message).toContain('by panic.on and 0 by hung_task.panic');
  });

  it.each([
    [
      'sysctl: { kernel.hung_task_panic: -1 }',
      'kernel.hung_task_panic takes 0..1 (0..INT_MAX from 6.19), not "-1"',
      35,
    ],
    [
      'sysctl: { kernel.hung_task_panic: yes }',
      'kernel.hung_task_panic takes 0..1 (0..INT_MAX from 6.19), not "yes" (YAML 1.2 reads it as text: write true)',
      35,
    ],
    ['sysctl: { vm.panic_on_oom: 3 }', 'vm.panic_on_oom takes 0..2, not "3"', 28],
    ['sysctl: { kernel.watchdog_thresh: 61 }', 'kernel.watchdog_thresh takes 0..60, not "61"', 35],
    ['sysctl: { kernel.panic: 99999999999 }', 'kernel.panic takes INT_MIN..INT_MAX, not "99999999999"', 25],
    ['sysctl: { kernel.panic: "0644" }', 'kernel.panic takes INT_MIN..INT_MAX, not "0644"', 25],
    [
      'sysctl: { kernel.panic_print: 18446744073709551616 }',
      'kernel.panic_print takes 0..ULONG_MAX, not "18446744073709551616"',
      31,
    ],
    ['panic: { reboot_after: 99999d }', 'kernel.panic takes INT_MIN..INT_MAX, not "8639913600"', 24],
  ])('%s', (body, message, col) => {
    const error = errorOf(() => resolved(body));
    expect(error.code).toBe('E_PROFILE');
    expect(error.message).toBe(message);
    expect(error.where).toMatchObject({ line: 3, col });
  });

  it('refuses what cannot be taken back', () => {
    const error = errorOf(() => resolved('sysctl: { kernel.kexec_load_disabled: 1 }'));
    expect(error).toMatchObject({ code: 'E_PROFILE', message: 'kernel.kexec_load_disabled is not set by profiles' });
    expect(error.hint).toContain('kdump');
  });
});

describe('overrides', () => {
  it('vars win over the profile, --set over vars', () => {
    const body = 'hung_task: { timeout: 60s }\nkdump: { keep: 5 }';
    const vars = [fromGuest('hung_task.timeout', '120s'), fromGuest('kdump.keep', 7)];
    const state = resolved(body, { sets: ['hung_task.timeout=180s'] }, vars);
    expect(sysctls(state)).toEqual({ 'kernel.hung_task_timeout_secs': '180' });
    expect(state.kdump?.keep).toBe(7);
    expect(state.origins['hung_task.timeout']).toEqual({ kind: 'set', text: 'hung_task.timeout=180s' });
    expect(state.origins['kdump.keep']).toEqual({ kind: 'vars', scope: 'guest vm1', file: 'inventory.yaml', line: 7 });
    expect(state.origins['kdump.crashkernel']).toEqual({ kind: 'default' });
  });

  it.each([
    ['panic.on=[oops, warn]', { 'kernel.panic_on_oops': '1!', 'kernel.panic_on_warn': '1!' }],
    ['panic={ reboot_after: 5s }', { 'kernel.panic': '5' }],
    ['sysrq=none', { 'kernel.sysrq': '0' }],
    ['sysctl.kernel.panic=7', { 'kernel.panic': '7' }],
    ['sysctl.kernel/panic=7', { 'kernel.panic': '7' }],
    ['hung_task.panic=true', { 'kernel.hung_task_panic': '1!' }],
  ])('--set %s', (text, expected) => {
    expect(sysctls(resolved('description: x', { sets: [text] }))).toEqual(expected);
  });

  it('takes values with commas and colons', () => {
    const state = resolved('kdump: {}', { sets: ['kdump.crashkernel=2G-4G:320M,4G-:512M'] });
    expect(state.kdump?.crashkernel).toBe('2G-4G:320M,4G-:512M');
  });

  it.each([
    ['hung_task.timeot=60s', /no profile has "hung_task.timeot"; did you mean hung_task.timeout\?/],
    ['timeout=60s', /did you mean hung_task.timeout\?/],
    ['kernel.panic=1', /no profile has "kernel.panic"/],
    ['name=x', /name cannot be overridden/],
    ['hung_task.timeout=60', /needs a unit, 60s for seconds/],
    ['hung_task.panic=yes', /write true/],
    ['hung_task.panic=', /true or false, not nothing/],
    ['hung_task.panic', /takes PATH=VALUE/],
    ['=1', /takes PATH=VALUE/],
    ['', /takes PATH=VALUE/],
    ['kdump.keep=1\nsysrq: all', /takes PATH=VALUE/],
    ['kdump.keep=[', /not closed/],
    ['kdump.keep=007', /begins with 0/],
    ['kdump={ kep: 1 }', /did you mean keep\?/],
    ['sysctl.-kernel.panic=1', /hides every failure/],
    ['panic.on=*x', /no anchor/],
    ['kdump.keep=1 # one\n', /takes PATH=VALUE/],
  ])('--set %j is refused', (text, says) => {
    const error = errorOf(() => resolved('description: x', { sets: [text] }));
    expect(error.code).toBe('E_PROFILE');
    expect(error.message).toMatch(says);
    expect(error.where).toMatchObject({ file: '--set' });
  });

  it.each([
    ['kdump', { kdump: null }],
    ['crash', { crash: null }],
    ['trace', { trace: null }],
    ['match', { match: { drivers: [] } }],
  ])('--skip %s', (section, expected) => {
    const body = 'kdump: {}\ncrash: {}\ntrace: {}\nmatch: { drivers: [virtio_gpu] }';
    expect(resolved(body, { skip: [section] })).toMatchObject(expected);
  });

  it('--skip hung_task panic sysrq sysctl drops their settings; --skip arm those that panic', () => {
    const body =
      'sysrq: all\nhung_task: { panic: true, timeout: 60s }\npanic: { on: [oops], reboot_after: 9s }\nsysctl: { vm.oom_dump_tasks: 1 }';
    const keys = (skip: string[]): string[] => Object.keys(sysctls(resolved(body, { skip })));
    expect(keys(['hung_task', 'sysctl'])).toEqual(['kernel.panic', 'kernel.panic_on_oops', 'kernel.sysrq']);
    expect(keys(['panic', 'sysrq'])).toEqual([
      'kernel.hung_task_panic',
      'kernel.hung_task_timeout_secs',
      'vm.oom_dump_tasks',
    ]);
    expect(keys(['arm'])).toEqual([
      'kernel.hung_task_timeout_secs',
      'kernel.panic',
      'kernel.sysrq',
      'vm.oom_dump_tasks',
    ]);
  });

  it('--skip suggests', () => {
    expect(errorOf(() => resolved('sysrq: all', { skip: ['kdmp'] }))).toMatchObject({
      code: 'E_USAGE',
      message: 'there is no section "kdmp" to skip; did you mean kdump?',
    });
  });

  it('an override of one guest can leave a section out', () => {
    const state = resolved('kdump: { keep: 3 }', {}, [fromGuest('kdump', false)]);
    expect(state.kdump).toBeNull();
    expect(state.origins['kdump']).toMatchObject({ kind: 'vars' });
  });
});

describe('many guests', () => {
  it('guests without vars, and with equal ones, share one state', () => {
    const resolve = makeResolver(composed('kdump: {}'), { catalogue });
    expect(resolve()).toBe(resolve([]));
    const vars = (): ReturnType<typeof fromGuest>[] => [fromGuest('kdump.keep', 9)];
    expect(resolve(vars())).toBe(resolve(vars()));
    expect(resolve(vars())).not.toBe(resolve());
  });
});

describe('debug-panic', () => {
  it('resolves to what is on record', async () => {
    const state = makeResolver(loadProfile('debug-panic'), { catalogue })();
    await expect(`${JSON.stringify(state, null, 2)}\n`).toMatchFileSnapshot('../golden/profile/debug-panic.json');
  });

  it('has every setting of a guest that is to explain its hangs', () => {
    const state = makeResolver(loadProfile('debug-panic'), { catalogue })();
    expect(sysctls(state)).toMatchObject({
      'kernel.sysrq': '1',
      'kernel.panic': '10',
      'kernel.panic_on_oops': '1!',
      'kernel.hung_task_panic': '1!',
      'kernel.hung_task_timeout_secs': '60',
      'vm.panic_on_oom': '1!',
      'kernel.softlockup_panic': '1!',
      'kernel.panic_on_warn': '1!',
    });
    expect(state).toMatchObject({
      kdump: { crashkernel: 'auto' },
      crash: { tools: ['crash', 'makedumpfile', 'kexec-tools'], symbols: 'controller' },
      trace: { tools: ['bpftrace', 'bcc'], headers: true },
      match: { drivers: ['virtio_gpu'] },
    });
  });
});

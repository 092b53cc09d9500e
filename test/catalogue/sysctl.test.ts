import { describe, expect, it } from 'vitest';
import { PANIC_EVENTS } from '../../src/profile/schema.ts';
import { checkSysctlAnywhere } from '../../src/profile/sysctl-catalogue.ts';
import { loadSysctls } from '../../src/shipped/catalogue.ts';

const catalogue = loadSysctls();

describe('catalogue/sysctl', () => {
  it('has every key that the sections set and that the reference names', () => {
    const keys = [
      ...Object.values(PANIC_EVENTS),
      ...[
        'panic',
        'timeout_secs',
        'check_interval_secs',
        'check_count',
        'warnings',
        'all_cpu_backtrace',
        'detect_count',
        'sys_info',
      ].map((name) => `kernel.hung_task_${name}`),
      ...[
        'sysrq',
        'panic',
        'warn_limit',
        'oops_limit',
        'nmi_watchdog',
        'watchdog_thresh',
        'watchdog',
        'soft_watchdog',
      ].map((name) => `kernel.${name}`),
      ...['softlockup', 'hardlockup', 'oops'].map((name) => `kernel.${name}_all_cpu_backtrace`),
      ...[
        'panic_print',
        'panic_sys_info',
        'max_rcu_stall_to_panic',
        'ftrace_dump_on_oops',
        'kptr_restrict',
        'dmesg_restrict',
        'perf_event_paranoid',
        'kexec_load_disabled',
      ].map((name) => `kernel.${name}`),
      'vm.oom_dump_tasks',
    ];
    for (const key of keys) expect(catalogue.has(key), key).toBe(true);
  });

  it('marks what can panic, and nothing else', () => {
    const panics = [...catalogue.values()].filter((entry) => entry.panics).map(({ key }) => key);
    expect(panics.sort()).toEqual([...Object.values(PANIC_EVENTS), 'kernel.warn_limit', 'kernel.oops_limit'].sort());
  });

  it.each([...catalogue.values()].map((entry) => [entry.key, entry] as const))('%s makes sense', (key, entry) => {
    expect(key).toMatch(/^(kernel|vm)\.[a-z_]+$/);
    if (entry.panics) expect(entry.danger).toBeDefined();
    if (entry.default !== null && entry.refuse === undefined)
      expect(checkSysctlAnywhere(entry, entry.default)).toBeNull();
    for (const { min, max } of entry.ranges) expect(BigInt(min) <= BigInt(max)).toBe(true);
    const since = entry.ranges.map((range) =>
      Number(range.since?.replace(/^(\d+)\.(\d+).*/, (_, a: string, b: string) => `${a}.${b.padStart(3, '0')}`) ?? 0),
    );
    expect([...since].sort((a, b) => a - b)).toEqual(since);
  });
});

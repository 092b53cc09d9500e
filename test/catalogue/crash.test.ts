import { describe, expect, it } from 'vitest';
import { explainPanic } from '../../src/crash/analysis/panic.ts';
import { loadCrashKnowledge, loadDebugFiles } from '../../src/shipped/crash-knowledge.ts';

const { panics, taints } = loadCrashKnowledge();

describe('catalogue/crash', () => {
  it.each([
    ['sysrq triggered crash', 'sysrq'],
    ['hung_task: blocked tasks', 'hung_task'],
    ['softlockup: hung tasks', 'softlockup'],
    ['Hard LOCKUP', 'hardlockup'],
    ['Out of memory: system-wide panic_on_oom is enabled', 'oom'],
    ['Out of memory: compulsory panic_on_oom is enabled', 'oom'],
    ['System is deadlocked on memory', 'oom'],
    ['kernel: panic_on_warn set ...', 'warn'],
    ['panic_on_warn set ...', 'warn'],
    ['RCU Stall', 'rcu_stall'],
    ['NMI: Not continuing', 'nmi'],
    ['Attempted to kill init! exitcode=0x0000000b', 'init'],
    ['VFS: Unable to mount root fs on unknown-block(0,0)', 'no_root'],
    ['Fatal exception in interrupt', 'oops'],
    ['Fatal exception', 'oops'],
    ['Oops: Fatal exception', 'oops'],
    ['something new', null],
    [null, null],
  ])('knows the panic %j', (reason, trigger) => {
    expect(explainPanic(reason, panics).trigger).toBe(trigger);
  });

  it('has every taint bit once, without gaps', () => {
    expect(taints.map(({ bit }) => bit)).toEqual(taints.map((_rule, index) => index));
    expect(new Set(taints.map(({ letter }) => letter)).size).toBe(taints.length);
  });

  it('names files within the package', () => {
    const { vmlinux, modules } = loadDebugFiles();
    for (const path of [vmlinux, ...modules]) expect(path).toMatch(/^usr\/lib\/debug\/.*\{kernel\}/);
  });
});

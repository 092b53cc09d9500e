import { describe, expect, it } from 'vitest';

import { readLog } from '../../../src/crash/dumps/dmesg.ts';

const log = (lines: Record<string, string>) => readLog(new Map(Object.entries(lines)));

describe('the log of a crash', () => {
  it.each([
    ['hung_task: blocked tasks', 'hung_task'],
    ['softlockup: hung tasks', 'softlockup'],
    ['Hard LOCKUP', 'hardlockup'],
    ['RCU Stall', 'rcu_stall'],
    ['Out of memory: system-wide panic_on_oom is enabled', 'oom'],
    ['System is deadlocked on memory', 'oom'],
    ['kernel: panic_on_warn set ...', 'warn'],
    ['NMI: Not continuing', 'nmi'],
    ['Fatal exception in interrupt', 'oops'],
    ['VFS: Unable to mount root fs on unknown-block(0,0)', 'other'],
  ])('%s', (text, trigger) => {
    expect(log({ panic: `[  123.456789] Kernel panic - not syncing: ${text}` })).toMatchObject({
      panic: text,
      trigger,
    });
  });

  it('sysrq is the trigger whatever the kernel makes of it', () => {
    const lines = {
      sysrq: '[   12.1] sysrq: SysRq : Trigger a crash',
      cause: '[   12.2] BUG: unable to handle kernel NULL pointer dereference at (null)',
    };
    expect(log(lines)).toMatchObject({
      trigger: 'sysrq',
      panic: 'BUG: unable to handle kernel NULL pointer dereference at (null)',
    });
  });

  it('an oops that crashes before panic() is what the panic says', () => {
    const lines = { cause: '<1>[   12.2][  T431] Oops: 0002 [#1] SMP' };
    expect(log(lines)).toMatchObject({ panic: 'Oops: 0002 [#1] SMP', trigger: 'oops' });
  });

  it('names the blocked task, whatever it is called', () => {
    const blocked = '[  483.1] INFO: task kworker/u8:2 (a: b):1458 blocked for more than 120 seconds.';
    expect(log({ blocked }).blocked).toEqual({ comm: 'kworker/u8:2 (a: b)', pid: 1458, seconds: 120 });
    expect(log({ blocked: 'INFO: task nobody blocked for more than' }).blocked).toBeNull();
  });

  it('finds the mark of a crash test', () => {
    expect(log({ tag: '[ 9.1] provision-crash-test: 3f9a hung_task' }).tag).toBe('3f9a hung_task');
  });

  it('says nothing where nothing is said', () => {
    expect(log({})).toEqual({ panic: null, trigger: null, blocked: null, tag: null });
  });
});

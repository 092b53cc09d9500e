import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashInput, parseCrash } from '../../../src/crash/analysis/readers/crash-answer.ts';
import { parseDrgn } from '../../../src/crash/analysis/readers/drgn-answer.ts';
import { fixture } from '../support/fixture.ts';

describe('parseDrgn', () => {
  const answer = parseDrgn(fixture('hung-task.ndjson'));

  it('reads the tasks with their stacks', () => {
    const xorg = answer.tasks?.find(({ comm }) => comm === 'Xorg');
    expect(xorg).toMatchObject({ pid: 471, state: 'D', cpu: 0, parent: 1, killable: false, blockedNs: 41433713145 });
    expect(xorg?.stack[5]).toEqual({
      function: 'percpu_down_read',
      source: 'include/linux/percpu-rwsem.h:65',
      inline: true,
      module: null,
    });
    expect(xorg?.stack.at(-1)).toMatchObject({ source: 'arch/x86/entry/entry_64.S:121' });
    expect(answer.tasks?.find(({ comm }) => comm === 'ext4lazyinit')?.stack[5]).toMatchObject({
      function: 'ext4_lazyinit_thread',
      module: 'ext4',
    });
  });

  it('reads everything else', () => {
    expect(answer.errors).toEqual([]);
    expect(answer.kernel).toMatchObject({ release: '6.1.0-56-amd64', cpus: 1, uptime_seconds: 99, tainted: 0 });
    expect(answer.panic).toEqual({ pid: 23, comm: 'khungtaskd', cpu: 0 });
    expect(answer.memory?.zones.map(({ name }) => name)).toEqual(['DMA', 'DMA32']);
    expect(answer.slabs?.[0]).toMatchObject({ name: 'inode_cache', objectSize: 632 });
    expect(answer.workqueues?.pools[0]).toMatchObject({ cpu: 0, idle: 3, pendingCount: 2 });
    expect(answer.log).toContain('Kernel panic - not syncing: hung_task: blocked tasks');
  });

  it('keeps what was answered when a section fails, and what was not', () => {
    const lines = [
      'warning: could not get debugging information',
      '{"section":"kernel","error":"FaultError: could not read","ms":3}',
      '{"section":"processes","value":[{"pid":1,"comm":"systemd","rss":4096}],"ms":1}',
      '{"section":"slabs","value":"nonsense","ms":1}',
      '{"section":"tasks","value":[{"pi',
    ];
    const partial = parseDrgn(lines.join('\n'));
    expect(partial.processes).toEqual([{ pid: 1, comm: 'systemd', rss: 4096 }]);
    expect(partial.tasks).toBeNull();
    const errors = new Map(partial.errors.map(({ section, error }) => [section, error]));
    expect(errors.get('kernel')).toBe('FaultError: could not read');
    expect(errors.get('slabs')).toContain('unknown form');
    expect(errors.get('tasks')).toBe('drgn ended before it answered');
  });

  it('survives anything', () => {
    const sections = fc.constantFrom('kernel', 'tasks', 'memory', 'workqueues', '__proto__', 'constructor');
    const line = fc.record({ section: sections, value: fc.jsonValue() }).map((row) => JSON.stringify(row));
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string({ unit: 'binary' }))), (lines) => {
        expect(parseDrgn(lines.join('\n')).errors.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('parseCrash', () => {
  it('reads what crash 8.0.2 says of a dump that it cannot read', () => {
    const answer = parseCrash(fixture('crash-8.0.2.txt'), '');
    expect(answer.system.get('PANIC')).toBe('"Kernel panic - not syncing: hung_task: blocked tasks"');
    expect(answer.system.get('CPUS')).toBe('1');
    expect(answer.tasks).toMatchObject([{ pid: 23, comm: 'khungtaskd', state: 'R', parent: null }]);
    expect(answer.memory?.total).toBe(Math.round(1.7 * 1024 ** 3));
    expect(answer.complaints).toEqual(['WARNING: active task ff26c883c13bc200 on cpu 0 not found in PID hash']);
    expect(answer.log).toContain('Linux version 6.1.0-56-amd64');
  });

  it('reads what crash 8.0.6 says of the same dump: tasks, and stacks of the blocked ones', () => {
    const answer = parseCrash(fixture('crash-8.0.6.txt'), '');
    expect(answer.tasks?.map(({ pid, state, comm }) => [pid, state, comm])).toEqual([
      [1, 'S', 'systemd'],
      [2, 'S', 'kthreadd'],
      [3, 'I', 'rcu_gp'],
      [4, 'I', 'rcu_par_gp'],
      [5, 'I', 'slub_flushwq'],
      [6, 'I', 'netns'],
      [7, 'I', 'kworker/0:0'],
      [8, 'I', 'kworker/0:0H'],
      [9, 'I', 'kworker/u2:0'],
      [23, 'R', 'khungtaskd'],
      [467, 'R', 'ext4lazyinit'],
      [471, 'D', 'Xorg'],
    ]);
    expect(
      answer.tasks
        ?.at(-1)
        ?.stack.slice(0, 5)
        .map(({ function: name }) => name),
    ).toEqual(['__schedule', 'schedule', 'percpu_rwsem_wait', '__percpu_down_read', 'mnt_want_write']);
    expect(answer.complaints).toEqual([]);
  });

  it('tells modules and odd names in stacks and lists', () => {
    const answer = parseCrash(
      `=== provision: ps
      PID    PPID  CPU       TASK        ST  %MEM      VSZ      RSS  COMM
     1458    1411   0  ffff9a3081bd8000  UN   2.1   912344    84120  Xorg wrapped
>    2048      -1   1  ffff9a3081bd9000  RU   0.0        0        0  [kworker/u4:1]
=== provision: foreach UN bt
PID: 1458     TASK: ffff9a3081bd8000  CPU: 0    COMMAND: "Xorg wrapped"
 #0 [ffffb0c0c0b3f9a8] __schedule at ffffffffb5a3b7ad
 #1 [ffffb0c0c0b3fa48] drm_ioctl at ffffffffc04b2f3c [drm]
=== provision: log
`,
      '',
    );
    expect(answer.tasks).toMatchObject([
      {
        pid: 1458,
        comm: 'Xorg wrapped',
        stack: [{ function: '__schedule' }, { function: 'drm_ioctl', module: 'drm' }],
      },
      { pid: 2048, comm: 'kworker/u4:1', parent: null, stack: [] },
    ]);
  });

  it('knows nothing of a crash that did not start', () => {
    const answer = parseCrash('', 'crash: invalid structure member offset: module_core_size\n');
    expect(answer).toMatchObject({ tasks: null, memory: null, log: null });
    expect(answer.complaints).toEqual(['crash: invalid structure member offset: module_core_size']);
  });

  it('asks one mark before each command, and quits', () => {
    expect(crashInput(['sys', 'ps']).split('\n')).toEqual([
      'gdb printf "=== provision: sys\\n"',
      'sys',
      'gdb printf "=== provision: ps\\n"',
      'ps',
      'quit',
      '',
    ]);
  });
});

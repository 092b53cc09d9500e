import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readCollection } from '../../../src/investigate/collection/read-collection.ts';
import { sectionsOfText } from '../../../src/investigate/collection/sections-of-text.ts';
import { loadWaitKinds } from '../../../src/shipped/wait-kinds.ts';

const KINDS = loadWaitKinds();

interface Parts {
  threads?: string;
  before?: string;
  stacks?: string;
  context?: string;
  after?: string;
  unread?: string;
  sysrq?: string;
  host?: string;
}

const FILES = (pid: number, [switches, exec]: readonly [number, number]): string =>
  `/proc/${pid}/task/${pid}/status:voluntary_ctxt_switches:\t${switches}\n` +
  `/proc/${pid}/task/${pid}/status:nonvoluntary_ctxt_switches:\t1\n` +
  `/proc/${pid}/task/${pid}/sched:se.exec_start      :      ${exec}.5\n`;
const SELF = '/proc/self/sched:se.exec_start     :      500000.5\n';
const after = (pid: number, switches: number, state = 'D', ticks = 0, cpu = 0): string =>
  `/proc/${pid}/task/${pid}/stat:${pid} (some name) ${state} 1 0 0 0 0 0 0 0 0 0 ${ticks} 0 ${'0 '.repeat(23)}${cpu} 0 0\n` +
  `/proc/${pid}/task/${pid}/status:voluntary_ctxt_switches:\t${switches}\n` +
  `/proc/${pid}/task/${pid}/status:nonvoluntary_ctxt_switches:\t1\n`;
const thread = (pid: number, state: string, comm: string, [flags, started, policy] = [0, 0, 0]): string =>
  `${pid} ${pid} ${state} 1 ${flags} 0 ${started} 0 40 ${policy} ${comm}\n`;
const stack = (pid: number, ...functions: string[]): string =>
  functions.map((name) => `/proc/${pid}/task/${pid}/stack:[<0>] ${name}+0x1/0x2\n`).join('');

function collect(parts: Parts, process = '') {
  const all = {
    host: 'uptime 600.25 1.1\nuid 0\nkernel 6.1.0\nhung_task_timeout_secs 120\nhung_task_warnings -1\n',
    threads: 'listed 1\nstates S1\nread 1\n',
    before: '',
    stacks: '',
    context: '',
    after: '',
    unread: 'hundredths 42\n',
    ...parts,
  };
  const text = Object.entries(all).map(([name, body]) => `## ${name}\n${body}`);
  return readCollection(sectionsOfText(text.join('')), KINDS, process);
}

const one = (comm: string, functions: string[], state = 'D', switchesAfter = 5, stateAfter = 'D') =>
  collect({
    threads: `listed 1\n${thread(7, state, comm)}states ${state}1\nread 1\n`,
    before: SELF + FILES(7, [5, 440_000]),
    stacks: stack(7, ...functions),
    after: after(7, switchesAfter, stateAfter),
  });

describe('a task in D', () => {
  it('is blocked when it was not switched to between the looks, since it last ran', () => {
    const { blocked, passing } = one('Xorg', ['percpu_rwsem_wait']);
    expect(passing).toEqual([]);
    expect(blocked[0]).toMatchObject({ blocked: true, seconds: 60, hungTask: 'counted' });
    expect(blocked[0]?.trace).toMatchObject({ kind: 'proc', blockedSeconds: 60, task: { pid: 7, comm: 'Xorg' } });
  });

  it.each([
    ['it was switched to', 6, 'D'],
    ['it has gone on', 5, 'S'],
  ])('only passes through when %s', (_case, switches, state) => {
    const { blocked, passing } = one('dd', ['io_schedule'], 'D', switches, state);
    expect([blocked.length, passing.length]).toEqual([0, 1]);
    expect(passing[0]?.seconds).toBeNull();
  });

  it('that ended between the looks is only passing', () => {
    const { blocked, passing } = collect({
      threads: `listed 1\n${thread(7, 'D', 'dd')}states D1\nread 1\n`,
      before: SELF + FILES(7, [5, 1]),
    });
    expect([blocked.length, passing.length]).toEqual([0, 1]);
  });

  it.each([
    [['rpc_wait_bit_killable', '__wait_on_bit', 'nfs_file_read'], 'killable'],
    [['request_wait_answer', 'fuse_simple_request'], 'killable'],
    [['kernel_clone', '__do_sys_vfork'], 'killable'],
    [['__refrigerator', 'get_signal', 'do_signal'], 'frozen'],
    [['io_schedule', 'folio_wait_bit_common', 'filemap_read'], 'counted'],
    // Seven frames out the word says nothing about what it waits in.
    [['a', 'b', 'c', 'd', 'e', 'f', 'down_read_killable'], 'counted'],
    [[], null],
  ])('with %j is %s to hung_task', (functions, view) => {
    expect(one('x', functions).blocked[0]?.hungTask).toBe(view);
  });

  it('has waited for no longer than it is old, and for an unknown time where the kernel does not say', () => {
    const young = collect({
      threads: `listed 1\n${thread(7, 'D', 'x', [0, 59_000, 0])}states D1\nread 1\n`,
      before: SELF + FILES(7, [5, 100]),
      after: after(7, 5),
    });
    expect(young.blocked[0]?.seconds).toBeCloseTo(10.25);
    const untold = collect({
      threads: `listed 1\n${thread(7, 'D', 'x')}states D1\nread 1\n`,
      before: FILES(7, [5, 100]),
      after: after(7, 5),
    });
    expect(untold.blocked[0]?.seconds).toBeNull();
  });
});

describe('what stands around', () => {
  it('memory in bytes, pressure, the largest slabs, counters of reclaim', () => {
    const { context } = collect({
      context: [
        '/proc/meminfo:MemTotal:        2030396 kB',
        '/proc/meminfo:HugePages_Total:       3',
        '/proc/pressure/memory:some avg10=12.50 avg60=3.00 avg300=1.00 total=99',
        '/proc/pressure/memory:full avg10=7.25 avg60=2.00 avg300=1.00 total=50',
        '/proc/pressure/cpu:some avg10=1.00 avg60=0.50 avg300=0.00 total=5',
        '/proc/slabinfo:slabinfo - version: 2.1',
        '/proc/slabinfo:kmalloc-128  8 3000 128 32 1 : tunables 0 0 0',
        '/proc/slabinfo:dentry  8 10 192 32 1 : tunables 0 0 0',
        '/proc/vmstat:allocstall_normal 12',
        '/proc/vmstat:nr_free_pages 1000',
      ].join('\n'),
    });
    expect(context.memory).toEqual({ MemTotal: 2_079_125_504, HugePages_Total: 3 });
    expect(context.pressure).toEqual({
      memory: { some10: 12.5, some60: 3, full10: 7.25, full60: 2 },
      cpu: { some10: 1, some60: 0.5, full10: null, full60: null },
    });
    expect(context.slabs).toEqual([
      { name: 'kmalloc-128', objects: 3000, bytes: 384_000 },
      { name: 'dentry', objects: 10, bytes: 1920 },
    ]);
    expect(context.reclaim).toEqual({ allocstall_normal: 12 });
  });

  it('each CPU between the looks, and who wants to run there', () => {
    const { context } = collect({
      host: 'uptime 600.25 1.1\nuid 0\nisolated 1\n',
      threads: `listed 3\n${thread(7, 'R', 'spin', [0, 0, 1])}${thread(8, 'R', 'gone')}${thread(9, 'R', 'kworker/1:2-events')}read 3\n`,
      before: '/proc/stat:cpu0 10 0 0 10 0 0 0 0 0 0\n/proc/stat:cpu1 10 0 0 10 0 0 0 0 0 0\n',
      after:
        '/proc/stat:cpu0 10 0 0 60 0 0 0 50 0 0\n/proc/stat:cpu1 110 0 0 10 0 0 0 0 0 0\n' +
        after(7, 1, 'R', 90, 1) +
        after(9, 1, 'R', 0, 1),
    });
    expect(context.cpus).toEqual([
      { cpu: 0, idle: 0.5, steal: 0.5, isolated: false, runnable: [] },
      {
        cpu: 1,
        idle: 0,
        steal: 0,
        isolated: true,
        runnable: [
          { tid: 7, comm: 'spin', realTime: 'FIFO 40', ticks: 90 },
          { tid: 9, comm: 'kworker/1:2-events', realTime: null, ticks: 0 },
        ],
      },
    ]);
    expect(context.kworkers).toEqual([{ tid: 9, comm: 'kworker/1:2-events', cpu: 1, state: 'R' }]);
  });
});

describe('what was not read', () => {
  it('is counted by what and why, and threads that ended are told apart', () => {
    const { unread, gone, tookMs } = collect({
      threads: 'listed 12\nstates S5\nread 5\nstates S3\nread 3\n',
      unread:
        'deadline /proc/1/task/1/stat\ndeadline /proc/2/task/2/stat\nrefused /proc/3/task/3/stack\nhundredths 1999\n',
    });
    expect(unread).toEqual([
      { what: 'stat', reason: 'deadline', count: 2, such: ['/proc/1/task/1/stat', '/proc/2/task/2/stat'] },
      { what: 'stack', reason: 'refused', count: 1, such: ['/proc/3/task/3/stack'] },
    ]);
    expect([gone, tookMs]).toEqual([2, 19_990]);
  });

  it('is an error when there is nothing at all', () => {
    expect(() => collect({ threads: 'listed 0\nread 0\n' })).toThrow('the guest did not tell of its threads');
  });
});

describe("the kernel's own answer", () => {
  it('is what it logged between the marks, with what was lost', () => {
    const { kernelAnswers } = collect({
      sysrq: 'key w\nsysrq: Show Blocked State\ntask:Xorg state:D\nlost 0\nkey t\nsysrq: Show State\nlost 12\ncut\n',
    });
    expect(kernelAnswers).toEqual([
      { key: 'w', lines: ['sysrq: Show Blocked State', 'task:Xorg state:D'], lost: 0, whole: true },
      { key: 't', lines: ['sysrq: Show State'], lost: 12, whole: false },
    ]);
  });
});

it('nothing that a guest prints is fatal', () => {
  const names = ['host', 'threads', 'before', 'stacks', 'context', 'after', 'unread', 'sysrq'];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.string({ unit: 'binary' })), { maxLength: 8 }),
      (parts) => {
        const text = `## host\nuptime 1.0 1.0\n## threads\nread 1\n${parts.map(([name, body]) => `\n## ${name}\n${body}`).join('')}`;
        try {
          readCollection(sectionsOfText(text), KINDS);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('E_PROBE');
        }
      },
    ),
  );
});

import { describe, expect, it } from 'vitest';
import { parseBcc } from '../../../src/investigate/trace-tools/bcc-output.ts';
import { parseBpftrace } from '../../../src/investigate/trace-tools/bpftrace-output.ts';
import { functionName } from '../../../src/investigate/trace-tools/function-name.ts';
import { parseLibbpf } from '../../../src/investigate/trace-tools/libbpf-output.ts';

describe('functionName', () => {
  it.each([
    ['finish_task_switch.isra.0+155', 'finish_task_switch'],
    ['    __schedule+713', '__schedule'],
    ['submit_bio_wait+0x51/0x90', 'submit_bio_wait'],
    ['ext4_file_read_iter+0x52/0x180 [ext4]', 'ext4_file_read_iter'],
    ['foo.part.3.constprop.12', 'foo'],
    ['bar.cold', 'bar'],
    ['0xffffffffc0a1b2c3', '0xffffffffc0a1b2c3'],
    ['operator+', 'operator+'],
    ['std::vector<int>::push_back', 'std::vector<int>::push_back'],
  ])('%s', (text, name) => {
    expect(functionName(text)).toBe(name);
  });
});

const OFFCPU = `Attaching 4 probes...
began
ended 20000000000

@comm[77]: Xorg: "a, b]: 1"
@comm[12]: dd

@off[12, 
    __schedule+713
    schedule+90
    submit_bio_wait+81
]: 10
@off[12, 
    __schedule+713
    schedule+90
    submit_bio_wait+99
]: 5
@off[77, 
    __schedule+713
, 
    ioctl+7
    0x7f00
]: 3
@off[5, 
]: 1

@stack[77]: 
    percpu_rwsem_wait+1
    mnt_want_write+2

@stack[12]: 
    schedule+1

@start[77]: 12000000000
@start[12]: 19000000000
@state[77]: 2
@state[12]: 1
@tgid[12]: 11
@tgid[77]: 70
`;

describe('parseBpftrace', () => {
  it('adds up stacks that differ in offsets only, names threads, and reads two stacks of one key', () => {
    const { waits, lost, strange } = parseBpftrace(OFFCPU, 'offcpu');
    expect([lost, strange]).toEqual([1, 0]);
    expect(waits).toMatchObject([
      { comm: 'dd', pid: 11, us: 15, stack: ['__schedule', 'schedule', 'submit_bio_wait'], user: [], pending: false },
      { comm: 'Xorg: "a, b]: 1"', pid: 70, us: 3, stack: ['__schedule'], user: ['ioctl', '0x7f00'] },
      { comm: 'thread 5', pid: null, us: 1, stack: [] },
      { pid: 70, us: 8_000_000, stack: ['percpu_rwsem_wait', 'mnt_want_write'], pending: true },
    ]);
  });

  it('reads who woke whom', () => {
    const text =
      '@comm[1]: a\n@comm[2]: b\n\n@wake[1, 2, \n    try_to_wake_up+4\n    complete+9\n]: 42\n@wake[1, 0, \n]: 2\n';
    expect(parseBpftrace(text, 'wakeup').waits).toMatchObject([
      { comm: 'a', us: 42, stack: [], waker: { comm: 'b', stack: ['try_to_wake_up', 'complete'] } },
      { comm: 'a', us: 2, waker: { comm: 'swapper', stack: [] } },
    ]);
  });

  it('reads both at once, also where one of the stacks is missing', () => {
    const text =
      '@comm[1]: a\n@comm[9]: w\n@offwake[1, \n    schedule+4\n, 9, \n    complete+9\n]: 42\n@offwake[1, \n    schedule+4\n, 0, \n]: 1\n@offwake[1, \n    schedule+4\n, \n    main+1\n, 9, \n    complete+9\n]: 7\n';
    expect(parseBpftrace(text, 'offwake').waits).toMatchObject([
      { stack: ['schedule'], waker: { comm: 'w', stack: ['complete'] }, us: 42 },
      { stack: ['schedule'], waker: { comm: 'swapper', stack: [] }, us: 1 },
      { stack: ['schedule'], user: ['main'], waker: { comm: 'w', stack: ['complete'] }, us: 7 },
    ]);
  });

  it('stops where the output was cut off, and counts what it does not know', () => {
    for (let end = 0; end < OFFCPU.length; end += 7)
      expect(() => parseBpftrace(OFFCPU.slice(0, end), 'offcpu')).not.toThrow();
    expect(parseBpftrace('@off[1, \n    a+1\n@off[2, \n    b+1\n]: 3\nWARNING: odd\n', 'offcpu')).toMatchObject({
      waits: [{ stack: ['b'], us: 3 }],
      strange: 1,
    });
  });

  it('is linear: 100,000 stacks in seconds', () => {
    const one = (at: number): string => `@off[${at}, \n${'    fn_'.concat(String(at), '+1\n').repeat(10)}]: 5\n`;
    const begun = performance.now();
    const { waits } = parseBpftrace(Array.from({ length: 100_000 }, (_, at) => one(at)).join(''), 'offcpu');
    expect(waits).toHaveLength(100_000);
    expect(performance.now() - begun).toBeLessThan(30_000);
  });
});

describe('parseBcc', () => {
  it.each([
    [
      'offcpu',
      'dd;entry;vfs_read;submit_bio_wait;finish_task_switch.isra.0 12',
      { comm: 'dd', stack: ['finish_task_switch', 'submit_bio_wait', 'vfs_read', 'entry'], us: 12, waker: null },
    ],
    [
      'offcpu',
      'my prog;main;read;-;vfs_read;schedule 3',
      { comm: 'my prog', user: ['read', 'main'], stack: ['schedule', 'vfs_read'] },
    ],
    [
      'wakeup',
      'kworker/0:1;complete;process_one_work;dd 5',
      { comm: 'dd', stack: [], waker: { comm: 'kworker/0:1', stack: ['complete', 'process_one_work'] } },
    ],
    [
      'offwake',
      'dd;vfs_read;schedule;--;complete;worker;kworker/u8 9',
      { comm: 'dd', stack: ['schedule', 'vfs_read'], waker: { comm: 'kworker/u8', stack: ['complete', 'worker'] } },
    ],
    ['offwake', 'dd;vfs_read;schedule;--; 9', { comm: 'dd', waker: null }],
  ] as const)('%s: %s', (mode, line, wait) => {
    expect(parseBcc(`${line}\n`, mode).waits).toMatchObject([wait]);
  });

  it('counts stacks that were missed, and lines that are none', () => {
    expect(parseBcc('dd;[Missed Kernel Stack] 4\nTraceback\n\n', 'offcpu')).toMatchObject({
      lost: 1,
      strange: 1,
      waits: [{ comm: 'dd', stack: [], us: 4 }],
    });
  });
});

describe('parseLibbpf', () => {
  it('reads offcputime', () => {
    const text =
      '    finish_task_switch.isra.0\n    schedule\n    submit_bio_wait\n    -                dd (1234)\n        99\n\n    schedule\n    -                a (b) (7)\n        1\n\n';
    expect(parseLibbpf(text, 'offcpu')).toMatchObject({
      strange: 0,
      waits: [
        { comm: 'dd', stack: ['finish_task_switch', 'schedule', 'submit_bio_wait'], us: 99 },
        { comm: 'a (b)', stack: ['schedule'], us: 1 },
      ],
    });
  });

  it('reads wakeuptime', () => {
    const text =
      'Tracing blocked time (us) by kernel stack\n\n\ttarget:          dd\n\tffffffff81000000 try_to_wake_up\n\tffffffff81000001 complete\n\t          waker: kworker/0:1\n\t77\n';
    expect(parseLibbpf(text, 'wakeup')).toMatchObject({
      strange: 0,
      waits: [{ comm: 'dd', stack: [], waker: { comm: 'kworker/0:1', stack: ['try_to_wake_up', 'complete'] }, us: 77 }],
    });
  });
});
